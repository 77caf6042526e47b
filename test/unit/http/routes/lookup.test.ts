import { describe, expect, it } from 'vitest'
import { httpKit, problemIn } from '../http-kit.ts'

describe('questions about a job', () => {
  it('explain says why it is not running, runs shows what ran', async () => {
    const { post, get } = httpKit()
    const { id } = (await (await post({ type: 'echo', input: 1, delay: '1h' })).json()) as { id: string }
    const explained = await get(`/v1/jobs/${id}/explain`)
    expect([explained.status, await explained.json()]).toMatchObject([200, { id, reasons: [{ code: 'due_later' }] }])
    expect(await (await get(`/v1/jobs/${id}/runs`)).json()).toMatchObject({ runs: [] })
  })

  it.each(['runs', 'explain'])('%s answers 404 for a job that there is not', async question => {
    expect((await httpKit().get(`/v1/jobs/nobody/${question}`)).status).toBe(404)
  })
})

it('shows types, and one of them', async () => {
  const { get } = httpKit()
  const { types } = (await (await get('/v1/types')).json()) as { types: readonly { type: string }[] }
  expect(types.map(({ type }) => type)).toEqual(['broken', 'echo', 'sum'])
  expect(await (await get('/v1/types/sum')).json()).toMatchObject({ type: 'sum', queue: 'numbers' })
  expect((await get('/v1/types/ecko')).status).toBe(404)
})

it.each([
  ['/v1/stats?step=day', 'step'],
  ['/v1/stats?by=type', 'by'],
  ['/v1/stats?from=x', 'from'],
  ['/v1/stats?queue=nowhere', 'queue'],
  ['/v1/errors?queue=nowhere', 'queue'],
  ['/v1/errors?why=x', 'query.why'],
])('refuses %s', async (path, field) => {
  expect(await problemIn(await httpKit().get(path))).toMatchObject({ status: 400, field })
})

it('shows the steps of a job, and what its signals brought', async () => {
  const { post, send, get } = httpKit()
  const { id } = (await (await post({ type: 'echo', input: 1, delay: '1h' })).json()) as { id: string }
  expect(await (await get(`/v1/jobs/${id}/steps`)).json()).toEqual({ id, generation: 1, steps: [] })
  const path = `/v1/jobs/${id}/signals/approved`
  const sent = await send('POST', path, { value: { by: 'ann' } })
  expect([sent.status, await sent.json()]).toEqual([200, { id, outcome: 'sent' }])
  const again = await send('POST', path)
  expect([again.status, await again.json()]).toEqual([200, { id, outcome: 'already' }])
  expect(await (await get(`/v1/jobs/${id}/steps`)).json()).toMatchObject({
    steps: [{ name: 'approved', kind: 'signal', value: { by: 'ann' } }],
  })
  expect((await get('/v1/jobs/nobody/steps')).status).toBe(404)
})

it('refuses a signal for nobody, for a job that has ended, and with another body', async () => {
  const { post, send } = httpKit()
  const { id } = (await (await post({ type: 'echo', input: 1, delay: '1h' })).json()) as { id: string }
  expect((await send('POST', '/v1/jobs/nobody/signals/a')).status).toBe(404)
  expect((await send('POST', `/v1/jobs/${id}/signals/a`, { valu: 1 })).status).toBe(400)
  await send('POST', `/v1/jobs/${id}/cancel`)
  const late = await send('POST', `/v1/jobs/${id}/signals/a`)
  expect([late.status, await late.json()]).toMatchObject([409, { code: 'conflict', state: 'CANCELLED' }])
})

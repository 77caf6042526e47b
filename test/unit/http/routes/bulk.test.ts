import { expect, it } from 'vitest'
import { httpKit } from '../http-kit.ts'

const retryAll = { action: 'retry', filter: { queue: 'default' } }

it('starts a bulk act, shows it, lists it and stops it', async () => {
  const { get, send } = httpKit()
  const started = await send('POST', '/v1/bulk', retryAll)
  expect(started.status).toBe(202)
  const { id } = (await started.json()) as { readonly id: string }
  expect(started.headers.get('location')).toBe(`/v1/bulk/${id}`)
  expect(await (await get(`/v1/bulk/${id}`)).json()).toMatchObject({ id, action: 'retry', counts: { matched: 0 } })
  expect(await (await get('/v1/bulk')).json()).toMatchObject({ bulks: [{ id }] })
  const stopped = await send('POST', `/v1/bulk/${id}/cancel`)
  expect([stopped.status, await stopped.json()]).toMatchObject([200, { id, state: 'CANCELLED' }])
  const again = await send('POST', `/v1/bulk/${id}/cancel`)
  expect([again.status, await again.json()]).toMatchObject([409, { code: 'conflict', state: 'CANCELLED' }])
})

it('answers 404 for a bulk act that there is not, also where the id is that of a job', async () => {
  const { get, send } = httpKit()
  const { id } = (await (await send('POST', '/v1/jobs', { type: 'echo', input: 1 })).json()) as { readonly id: string }
  for (const one of ['nothing', id]) {
    expect((await get(`/v1/bulk/${one}`)).status).toBe(404)
    expect((await send('POST', `/v1/bulk/${one}/cancel`)).status).toBe(404)
  }
})

it.each([
  [{}, 'action'],
  [{ ...retryAll, filter: { limit: 3 } }, 'limit'],
  [{ ...retryAll, rate: 0 }, 'rate'],
  [{ action: 'delete' }, 'filter.phase'],
])('refuses %j', async (body, field) => {
  const { send } = httpKit()
  const answer = await send('POST', '/v1/bulk', body)
  expect(answer.status).toBe(400)
  expect(JSON.stringify(await answer.json())).toContain(field)
})

it('nobody who may only enqueue starts one: its job type is not known there', async () => {
  const { send } = httpKit()
  const job = { type: 'lamplighter.bulk', input: retryAll }
  expect((await send('POST', '/v1/jobs', job)).status).toBe(422)
  expect((await send('POST', '/v1/jobs/batch', { jobs: [job] })).status).toBe(422)
})

it('backfills a schedule', async () => {
  const { send } = httpKit()
  await send('PUT', '/v1/schedules/hourly', { type: 'echo', cron: '0 * * * *', input: 1 })
  const range = { from: '2020-01-01T00:00:00Z', to: '2020-01-01T10:00:00Z' }
  const started = await send('POST', '/v1/schedules/hourly/backfill', range)
  expect([started.status, await started.json()]).toMatchObject([202, { action: 'backfill' }])
  const counted = await send('POST', '/v1/schedules/hourly/backfill', { ...range, dryRun: true })
  expect([counted.status, await counted.json()]).toMatchObject([
    202,
    { request: { dryRun: true }, counts: { done: 0 } },
  ])
  expect((await send('POST', '/v1/schedules/none/backfill', range)).status).toBe(404)
})

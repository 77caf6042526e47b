import { describe, expect, it } from 'vitest'
import { actsPossibleIn, jobActs } from '../../../../lib/core/job/acts.ts'
import { httpKit, problemIn, unreadable } from '../http-kit.ts'

async function kitWithJob(body: object = { type: 'echo', input: 1 }) {
  const kit = httpKit()
  const { id } = (await (await kit.post(body)).json()) as { id: string }
  const state = () => kit.store.all().find(job => job.id === id)?.state
  const act = (name: string, given?: unknown, headers?: Record<string, string>) =>
    name === 'delete'
      ? kit.app.request(`/v1/jobs/${id}`, { method: 'DELETE', ...(headers === undefined ? {} : { headers }) })
      : kit.send('POST', `/v1/jobs/${id}/${name}`, given, headers)
  return { ...kit, id, state, act }
}

const waiting = { type: 'echo', input: 1, delay: '1h' }

describe('acts on a job', () => {
  it('cancel ends a waiting job', async () => {
    const { act, state, id } = await kitWithJob()
    const response = await act('cancel')
    expect([response.status, await response.json()]).toEqual([200, { id, outcome: 'cancelled' }])
    expect(state()).toBe('CANCELLED')
  })

  it('cancel asks a running job to stop', async () => {
    const { send, store } = httpKit()
    store.put({
      id: 'r',
      type: 'echo',
      state: 'IN_PROGRESS',
      input: '1',
      owner: 'o',
      leaseUntil: Number.MAX_SAFE_INTEGER,
    })
    expect(await (await send('POST', '/v1/jobs/r/cancel', {})).json()).toEqual({ id: 'r', outcome: 'cancelRequested' })
  })

  it('retry runs a job that has ended again, now or at a time', async () => {
    const { act, id } = await kitWithJob()
    await act('cancel')
    expect(await (await act('retry')).json()).toEqual({ id, state: 'RESERVED' })
    await act('cancel')
    expect(await (await act('retry', { delay: '1h' })).json()).toEqual({ id, state: 'SCHEDULED' })
  })

  it('run runs a waiting job now, reschedule gives it another time', async () => {
    const { act, id, store, clock } = await kitWithJob(waiting)
    expect(await (await act('reschedule', { runAt: '2027-02-01T00:00:00Z' })).json()).toEqual({
      id,
      state: 'SCHEDULED',
    })
    expect(store.all()[0]?.scheduledAt).toBe(Date.UTC(2027, 1, 1))
    expect(await (await act('run')).json()).toEqual({ id, state: 'RESERVED' })
    expect(store.all()[0]?.scheduledAt).toBe(clock.now())
  })

  it('delete removes it, without a body and without a content type', async () => {
    const { act, store, clock } = await kitWithJob(waiting)
    await clock.advance(300_001)
    const response = await act('delete')
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(store.all()).toEqual([])
  })

  it.each(jobActs)('%s answers 404 for an unknown id, and for one that none can have', async act => {
    const { send } = httpKit()
    for (const id of ['nobody', 'x'.repeat(257), 'a%00b']) {
      const path = act === 'delete' ? `/v1/jobs/${id}` : `/v1/jobs/${id}/${act}`
      const body = act === 'reschedule' ? { delay: '1s' } : {}
      expect((await send(act === 'delete' ? 'DELETE' : 'POST', path, body)).status).toBe(404)
    }
  })
})

describe('an act that is not possible', () => {
  it.each([
    ['retry', waiting, 'SCHEDULED', ['cancel', 'run', 'reschedule', 'delete']],
    // Within five minutes of its enqueue.
    ['delete', waiting, 'SCHEDULED', ['cancel', 'run', 'reschedule']],
  ] as const)('%s is answered 409 with the state and what is possible', async (act, body, state, possible) => {
    const kit = await kitWithJob(body)
    const before = kit.store.all()
    const response = await kit.act(act)
    expect(response.status).toBe(409)
    expect(await problemIn(response)).toMatchObject({ code: 'conflict', state, possible })
    expect(kit.store.all()).toEqual(before)
  })

  it.each(['cancel', 'run', 'reschedule'])('%s of a job that has ended', async act => {
    const kit = await kitWithJob()
    await kit.act('cancel')
    const response = await kit.act(act, act === 'reschedule' ? { delay: '1s' } : {})
    expect(await problemIn(response)).toMatchObject({
      status: 409,
      state: 'CANCELLED',
      possible: actsPossibleIn('CANCELLED'),
    })
  })
})

describe('If-Match', () => {
  it.each(jobActs)('%s acts on the version that was seen, and on no other', async act => {
    const kit = await kitWithJob(waiting)
    await kit.clock.advance(300_001)
    if (act === 'retry') await kit.act('cancel')
    const seen = (await kit.get(`/v1/jobs/${kit.id}`)).headers.get('etag') ?? ''
    const before = kit.store.all()
    const body = act === 'reschedule' ? { delay: '3h' } : undefined
    const refused = await kit.act(act, body, { 'if-match': '"9.9.9.FAILED"' })
    expect(refused.status).toBe(412)
    expect(await problemIn(refused)).toMatchObject({ code: 'precondition_failed', etag: seen })
    expect(kit.store.all()).toEqual(before)
    expect((await kit.act(act, body, { 'if-match': seen })).status).toBe(act === 'delete' ? 204 : 200)
    expect(kit.store.all()).not.toEqual(before)
  })

  it('is refused where it is no ETag', async () => {
    const { act, state } = await kitWithJob(waiting)
    for (const headers of [{ 'if-match': '1.1.0.X' }, { 'if-none-match': '*' }]) {
      expect((await act('cancel', {}, headers as Record<string, string>)).status).toBe(400)
    }
    expect(state()).toBe('SCHEDULED')
  })
})

describe('the body of an act', () => {
  it.each(['application/x-www-form-urlencoded', 'text/plain', ''])(
    'asks for JSON even where there is none, so that no form of a page can send it: %j',
    async type => {
      const { act, state } = await kitWithJob(waiting)
      expect((await act('cancel', undefined, { 'content-type': type })).status).toBe(415)
      expect(state()).toBe('SCHEDULED')
    },
  )

  it.each<[string, unknown, string]>([
    ['cancel', { now: true }, 'body.now'],
    ['retry', { delay: 5 }, 'delay'],
    ['retry', { delay: '1s', runAt: '2027-01-02T00:00:00Z' }, 'delay and runAt'],
    ['retry', { delayMs: 5 }, 'body.delayMs'],
    ['reschedule', {}, 'runAt'],
    ['reschedule', { runAt: '2027-01-02' }, 'runAt'],
    ['reschedule', { delay: '4000d' }, 'delay'],
    ['run', { runAt: '2027-01-02T00:00:00Z' }, 'body.runAt'],
  ])('%s refuses %j', async (act, body, field) => {
    const { act: send, store } = await kitWithJob(waiting)
    const before = store.all()
    const response = await send(act, body)
    expect(response.status).toBe(400)
    expect(await problemIn(response)).toMatchObject({ code: 'invalid_input', field })
    expect(store.all()).toEqual(before)
  })
})

it('answers 503 while the table does not', async () => {
  const { send } = httpKit(unreadable(new Error('down')))
  expect((await send('POST', '/v1/jobs/x/cancel', {})).status).toBe(500)
})

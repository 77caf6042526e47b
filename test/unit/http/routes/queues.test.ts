import { describe, expect, it } from 'vitest'
import { newGate } from '../../../../lib/core/records/gate.ts'
import { apiHandler } from '../../../../lib/http/lambda-adapter.ts'
import { httpKit, problemIn } from '../http-kit.ts'

const path = '/v1/queues/numbers'

it('shows queues, and one of them with its ETag', async () => {
  const { get } = httpKit()
  const { queues } = (await (await get('/v1/queues')).json()) as { queues: readonly { name: string }[] }
  expect(queues.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b))).toEqual(['default', 'numbers'])
  const one = await get(path)
  expect([one.headers.get('etag'), await one.json()]).toMatchObject(['"0.0.0"', { name: 'numbers' }])
  expect((await get('/v1/queues/nowhere')).status).toBe(404)
})

describe('PATCH', () => {
  it('pauses with why and for, and resumes', async () => {
    const { send, get, clock } = httpKit()
    const paused = await send('PATCH', path, { paused: { why: 'SMTP is down', for: '2h' } })
    const pause = {
      at: new Date(clock.now()).toISOString(),
      until: new Date(clock.now() + 7_200_000).toISOString(),
      why: 'SMTP is down',
    }
    expect([paused.status, await paused.json()]).toMatchObject([200, { name: 'numbers', paused: pause }])
    expect(await (await get(path)).json()).toMatchObject({ paused: pause })
    const resumed = await send('PATCH', path, { paused: false })
    expect([resumed.status, await resumed.json()]).not.toMatchObject([200, { paused: {} }])
    // As asked for already: nothing to do.
    expect((await send('PATCH', path, { paused: false })).status).toBe(200)
  })

  it('a queue that is paused is a conflict: the answer says who did it, and nothing changes', async () => {
    const { send, get } = httpKit()
    await send('PATCH', path, { paused: { why: 'first' } })
    const problem = await problemIn(await send('PATCH', path, { paused: { why: 'second' } }))
    expect(problem).toMatchObject({ status: 409, code: 'conflict', state: 'PAUSED', possible: ['resume'] })
    expect(await (await get(path)).json()).toMatchObject({ paused: { why: 'first' } })
  })

  it('with If-Match acts only on the queue as it was seen', async () => {
    const { send, get } = httpKit()
    const before = (await get(path)).headers.get('etag') ?? ''
    const paused = await send('PATCH', path, { paused: {} }, { 'if-match': before })
    const now = paused.headers.get('etag')
    expect([paused.status, now]).not.toEqual([200, before])
    const late = await problemIn(await send('PATCH', path, { paused: false }, { 'if-match': before }))
    expect(late).toMatchObject({ status: 412, code: 'precondition_failed', etag: now })
    expect((await send('PATCH', path, { paused: false }, { 'if-match': String(now) })).status).toBe(200)
  })

  it('scales, and resets', async () => {
    const { send } = httpKit()
    const scaled = await send('PATCH', path, { concurrency: 40 })
    expect([scaled.status, await scaled.json()]).toMatchObject([200, { concurrency: { value: 40, code: 10 } }])
    const reset = await send('PATCH', path, { concurrency: null })
    expect(await reset.json()).toMatchObject({ concurrency: { value: 10, code: 10 } })
    expect((await send('PATCH', '/v1/queues/nowhere', { concurrency: 40 })).status).toBe(404)
  })

  it('limits the whole queue, 1 included, and takes the limit away', async () => {
    const { send, get, clock } = httpKit()
    const before = String((await get(path)).headers.get('etag'))
    const limit = { concurrency: 1, rate: { count: 10, per: '1s', burst: 20 } }
    const limited = await send('PATCH', path, { limit }, { 'if-match': before })
    const at = new Date(clock.now()).toISOString()
    expect([limited.status, await limited.json()]).toMatchObject([200, { limit: { ...limit, by: 'anonymous', at } }])
    const late = await problemIn(await send('PATCH', path, { limit: null }, { 'if-match': before }))
    expect(late).toMatchObject({ status: 412, code: 'precondition_failed', etag: limited.headers.get('etag') })
    expect(await (await send('PATCH', path, { limit: null })).json()).not.toHaveProperty('limit')
    expect((await send('PATCH', '/v1/queues/nowhere', { limit })).status).toBe(404)
    expect((await send('PATCH', '/v1/queues/lamplighter', { limit })).status).toBe(409)
  })

  it('notes whom the gateway knows, and nobody that a header names', async () => {
    const { deps, onError } = httpKit()
    const handler = apiHandler(deps, onError)
    const event = {
      rawPath: path,
      rawQueryString: '',
      headers: { 'content-type': 'application/json', 'x-actor': 'mallory' },
      body: '{"paused":{}}',
      isBase64Encoded: false,
      requestContext: {
        requestId: 'r',
        http: { method: 'PATCH' },
        authorizer: { iam: { userArn: 'arn:aws:iam::111122223333:user/alice' } },
      },
    }
    const { body } = await handler(event)
    expect(JSON.parse(body)).toMatchObject({ paused: { by: 'arn:aws:iam::111122223333:user/alice' } })
  })

  it.each([
    ['no change', {}, 'body'],
    ['both', { paused: false, concurrency: 40 }, 'body'],
    ['scale and limit', { limit: null, concurrency: 40 }, 'body'],
    ['a limit of nothing', { limit: {} }, 'limit'],
    ['a limit of none', { limit: { concurrency: 0 } }, 'limit.concurrency'],
    ['a large limit', { limit: { concurrency: 101 } }, 'limit.concurrency'],
    ['a fast rate', { limit: { rate: { count: 101, per: '1s' } } }, 'limit.rate.count'],
    ['a rate of no time', { limit: { rate: { count: 1, per: '1ms' } } }, 'limit.rate.per'],
    ['a key', { limit: { key: 'a', concurrency: 1 } }, 'limit.key'],
    ['one at a time, which no mapping can', { concurrency: 1 }, 'concurrency'],
    ['more than Lambda takes', { concurrency: 1_001 }, 'concurrency'],
    ['true', { paused: true }, 'paused'],
    ['an unknown name', { paused: false, colour: 'red' }, 'body.colour'],
    ['who asks', { paused: { by: 'mallory' } }, 'paused'],
    ['a short text', { paused: { why: '' } }, 'paused'],
    ['a time without a unit', { paused: { for: '5' } }, 'paused'],
    ['a long time', { paused: { for: '400d' } }, 'for'],
  ])('refuses %s', async (_, body, field) => {
    const { send, get } = httpKit()
    expect(await problemIn(await send('PATCH', path, body))).toMatchObject({ status: 400, field })
    expect(await (await get(path)).json()).not.toHaveProperty('paused')
  })

  it('answers 404 for a queue that never was', async () => {
    expect((await httpKit().send('PATCH', '/v1/queues/nowhere', { paused: {} })).status).toBe(404)
  })
})

describe('gates', () => {
  const limited = async () => {
    const kit = httpKit()
    await kit.send('PATCH', path, { limit: { concurrency: 1 } })
    return kit
  }

  it('are listed, and none is there where nobody waits', async () => {
    const { get } = await limited()
    const page = await get(`${path}/gates?limit=10`)
    expect([page.status, await page.json()]).toEqual([200, { gates: [] }])
  })

  it('are shown one by one: the gate is in the query, since API Gateway decodes what a path has', async () => {
    const { get, deps, clock } = await limited()
    await deps.records.putIfAbsent([
      newGate('/numbers', clock.now(), { jobId: 'first', permit: { by: 'o', until: clock.now() + 60_000 } }),
    ])
    const gate = await get(`${path}/line?gate=/numbers&limit=5`)
    expect([gate.status, await gate.json()]).toEqual([
      200,
      {
        gate: '/numbers',
        limit: { concurrency: 1 },
        held: [{ job: 'first', until: new Date(clock.now() + 60_000).toISOString() }],
        waiting: { count: 0, isExact: true },
        line: [],
      },
    ])
  })

  it.each([
    ['/v1/queues/nowhere/gates', 404],
    [`${path}/line?gate=/numbers`, 404],
    [`${path}/line?gate=/default`, 404],
    [`${path}/gates?limit=101`, 400],
    [`${path}/gates?cursor=x`, 400],
    [`${path}/gates?type=sum`, 400],
    [`${path}/line?gate=/numbers&cursor=x`, 400],
    [`${path}/line`, 400],
    [`${path}/line?gate=`, 400],
  ])('%s: %i', async (url, status) => {
    expect((await (await limited()).get(url)).status).toBe(status)
  })
})

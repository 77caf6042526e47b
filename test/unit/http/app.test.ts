import { describe, expect, it } from 'vitest'
import { Unavailable } from '../../../lib/core/values/errors.ts'
import { FlakyStore } from '../../support/flaky-store.ts'
import { storeOver } from '../../support/store-over.ts'
import { httpKit, nothing, problemIn, unreadable } from './http-kit.ts'

type Made = { id: string; state: string; created: boolean }

const made = async (response: Response): Promise<Made> => (await response.json()) as Made

describe('POST /v1/jobs', () => {
  it('makes a job, sends its message, and answers 201 with the place of the job', async () => {
    const { post, store, sent } = httpKit()
    const response = await post({ type: 'sum', input: { numbers: [1, 2] } })
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toBe('application/json')
    const { id, ...rest } = await made(response)
    expect(rest).toEqual({ state: 'RESERVED', created: true })
    expect(response.headers.get('location')).toBe(`/v1/jobs/${id}`)
    expect(store.all()).toMatchObject([{ id, type: 'sum', queue: 'numbers', input: '{"numbers":[1,2]}' }])
    expect(sent.map(({ message }) => message.id)).toEqual([id])
  })

  it('takes every option of the body into the job', async () => {
    const { post, store, clock, sent } = httpKit()
    const response = await post({
      type: 'echo',
      input: null,
      delay: '2h',
      maxAttempts: 7,
      priority: -3,
      tags: ['a', 'b'],
      notify: { to: 'x' },
    })
    expect(response.status).toBe(201)
    expect(await made(response)).toMatchObject({ state: 'SCHEDULED' })
    expect(store.all()).toMatchObject([
      {
        input: 'null',
        scheduledAt: clock.now() + 7_200_000,
        maxAttempts: 7,
        priority: -3,
        tags: ['a', 'b'],
        notify: '{"to":"x"}',
      },
    ])
    expect(sent).toEqual([])
  })

  it('takes runAt with a zone', async () => {
    const { post, store } = httpKit()
    expect((await post({ type: 'echo', input: 1, runAt: '2027-03-01T10:00:00+02:00' })).status).toBe(201)
    expect(store.all()[0]?.scheduledAt).toBe(Date.UTC(2027, 2, 1, 8))
  })

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/vnd.api+json',
    'application/json; version=2',
  ])('reads a body of the type %s', async type => {
    expect((await httpKit().post({ type: 'echo', input: 1 }, { 'content-type': type })).status).toBe(201)
  })

  it('keeps an input with keys, text and numbers of all kinds as it is', async () => {
    const { post, get } = httpKit()
    const input = { '': 0, 'a b': [null, true, -0.5, 1e21], nul: '\u0000', snowman: '☃', lone: '\ud800', toString: 1 }
    const { id } = await made(await post({ type: 'echo', input }))
    expect(await (await get(`/v1/jobs/${id}`)).json()).toMatchObject({ input })
  })

  it('takes a body up to the limit that is larger than the job only by white space', async () => {
    const text = JSON.stringify({ type: 'echo', input: 'x' })
    expect((await httpKit().post(text.padEnd(512 * 1024))).status).toBe(201)
    expect((await httpKit().post(text.padEnd(512 * 1024 + 1))).status).toBe(413)
  })
})

describe('Idempotency-Key', () => {
  const job = { type: 'sum', input: { numbers: [1] } }

  it('makes one job of two requests with the same key, and answers the second with 200', async () => {
    const { post, store, sent } = httpKit()
    const first = await made(await post(job, { 'idempotency-key': 'order-1' }))
    const again = await post(job, { 'idempotency-key': '"order-1"' })
    expect(again.status).toBe(200)
    expect(again.headers.has('location')).toBe(false)
    expect(await made(again)).toEqual({ ...first, created: false })
    expect(store.all()).toHaveLength(1)
    expect(sent).toHaveLength(1)
  })

  it('makes one job of twenty requests at once', async () => {
    const { post, store, sent } = httpKit()
    const responses = await Promise.all(Array.from({ length: 20 }, () => post(job, { 'idempotency-key': 'k' })))
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(19)
    expect(store.all()).toHaveLength(1)
    expect(sent).toHaveLength(1)
  })

  it('refuses a key that belongs to other input, and names the job', async () => {
    const { post, store, traces } = httpKit()
    const { id } = await made(await post(job, { 'idempotency-key': 'k' }))
    const before = { items: store.all(), ...traces() }
    const response = await post({ type: 'sum', input: { numbers: [2] } }, { 'idempotency-key': 'k' })
    expect(response.status).toBe(422)
    expect(await problemIn(response)).toMatchObject({ code: 'idempotency_conflict', field: 'Idempotency-Key', id })
    expect({ items: store.all(), ...traces() }).toEqual(before)
  })
})

describe('GET /v1/jobs/{id}', () => {
  it('shows the job', async () => {
    const { post, get } = httpKit()
    const { id } = await made(await post({ type: 'sum', input: { numbers: [40, 2] }, tags: ['t'] }))
    const response = await get(`/v1/jobs/${id}`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      id,
      type: 'sum',
      queue: 'numbers',
      state: 'RESERVED',
      input: { numbers: [40, 2] },
      attempt: 0,
      maxAttempts: 5,
      crashes: 0,
      snoozes: 0,
      generation: 1,
      priority: 0,
      tags: ['t'],
      scheduledAt: '2027-01-01T00:00:00.000Z',
      insertedAt: '2027-01-01T00:00:00.000Z',
    })
  })

  it('shows a failed job without the stack of its error, and with it to operators', async () => {
    const error = JSON.stringify({
      name: 'TypeError',
      message: 'no such lamp',
      stack: 'at light (/var/task/lamp.ts:7)',
    })
    for (const [options, stack] of [
      [undefined, undefined],
      [{ isStackShown: false }, undefined],
      [{ isStackShown: true }, 'at light (/var/task/lamp.ts:7)'],
    ] as const) {
      const { get, store } = httpKit(undefined, options)
      store.put({ id: 'a', type: 'echo', state: 'FAILED', input: '1', error })
      const text = await (await get('/v1/jobs/a')).text()
      expect(JSON.parse(text)).toHaveProperty('error', {
        name: 'TypeError',
        message: 'no such lamp',
        ...(stack === undefined ? {} : { stack }),
      })
      expect(text.includes('/var/task')).toBe(stack !== undefined)
    }
  })

  it.each(['"text"', 'null', '[1]', 'no JSON', '{"code":7}'])(
    'shows an error of a foreign writer as the message of one: %s',
    async error => {
      const { get, store } = httpKit()
      store.put({ id: 'a', type: 'echo', state: 'FAILED', input: '1', error })
      const { error: shown } = (await (await get('/v1/jobs/a')).json()) as { error: unknown }
      expect(shown).toStrictEqual({ name: 'Error', message: error })
    },
  )

  it('shows name and message of an error, and nothing else that a foreign writer put there', async () => {
    const { get, store } = httpKit()
    const error = { name: 'HttpError', message: '503', stack: 'at x', secret: 'no' }
    store.put({ id: 'a', type: 'echo', state: 'FAILED', input: '1', error: JSON.stringify(error) })
    const { error: shown } = (await (await get('/v1/jobs/a')).json()) as { error: unknown }
    expect(shown).toStrictEqual({ name: 'HttpError', message: '503' })
  })

  it('answers HEAD with the same head and no body', async () => {
    const { app, post } = httpKit()
    const { id } = await made(await post({ type: 'echo', input: 1 }))
    const [head, get] = [await app.request(`/v1/jobs/${id}`, { method: 'HEAD' }), await app.request(`/v1/jobs/${id}`)]
    expect(head.status).toBe(200)
    expect([...head.headers]).toEqual([...get.headers])
    expect(await head.text()).toBe('')
    expect((await app.request('/v1/jobs/none', { method: 'HEAD' })).status).toBe(404)
  })

  it.each(['a/b', 'a b', '%2F', 'ä☃', '..a', "it's", '?', '#', '\\'])(
    'finds the job of a foreign writer: %s',
    async id => {
      const { get, store } = httpKit()
      store.put({ id, type: 'echo', state: 'AVAILABLE', input: '1' })
      expect(await (await get(`/v1/jobs/${encodeURIComponent(id)}`)).json()).toMatchObject({ id, state: 'AVAILABLE' })
    },
  )

  it('answers 404 with the id for a job that does not exist', async () => {
    const response = await httpKit().get('/v1/jobs/nobody')
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toEqual({
      type: 'urn:lamplighter:problem:not_found',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      detail: "there is no job 'nobody'",
    })
  })

  it.each([
    ['257 characters', 'x'.repeat(257)],
    ['a NUL', 'a%00b'],
    ['a line break', 'a%0Ab'],
    ['DEL', '%7F'],
  ])('answers 404 for an id with %s, without asking the store', async (_, id) => {
    let reads = 0
    const { get } = httpKit(store =>
      storeOver(store, {
        get(ids) {
          reads += 1
          return store.get(ids)
        },
      }),
    )
    expect((await get(`/v1/jobs/${id}`)).status).toBe(404)
    expect(reads).toBe(0)
    expect((await get(`/v1/jobs/${'x'.repeat(256)}`)).status).toBe(404)
    expect(reads).toBe(1)
  })

  it.each(['..', '%2e%2e', '..%2f..%2fetc%2fpasswd', '%ff%fe', '%', '%zz', 'a;b=c', '__proto__', 'constructor', '*'])(
    'answers an id that is a trick with 404: %s',
    async id => {
      const { get, traces } = httpKit()
      expect((await get(`/v1/jobs/${id}`)).status).toBe(404)
      expect(traces()).toEqual(nothing)
    },
  )
})

describe('routes', () => {
  it.each([
    '/',
    '/v1',
    '/v1/',
    '/v2/jobs',
    '/v1/jobs/a/b',
    '/V1/jobs',
    '//v1/jobs',
    '/v1//jobs',
    '/v1/job',
    '/favicon.ico',
  ])('answers 404 for %s', async path => {
    const { app } = httpKit()
    for (const method of ['GET', 'POST']) {
      const response = await app.request(new Request(`http://localhost${path}`, { method }))
      expect(response.status).toBe(404)
      expect(await problemIn(response)).toMatchObject({ code: 'not_found' })
    }
  })

  it.each([
    ['/v1/jobs', ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'BREW'], 'POST, GET, HEAD'],
    ['/v1/jobs/x', ['POST', 'PUT', 'PATCH', 'OPTIONS', 'BREW'], 'GET, HEAD, DELETE'],
    ['/v1/jobs/x/cancel', ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'], 'POST'],
  ])('answers another method on %s with 405 and the methods there are', async (path, methods, allow) => {
    const { app, traces } = httpKit()
    for (const method of methods) {
      const response = await app.request(path, { method })
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, allow])
    }
    expect(traces()).toEqual(nothing)
  })

  it('forbids caching and sniffing in every answer, and lets no other origin read any', async () => {
    const { app, post, get } = httpKit()
    const origin = { origin: 'https://elsewhere.example' }
    const responses = [
      await post({ type: 'echo', input: 1 }, origin),
      await post({ type: 'echo', input: 1, delay: 1 }, origin),
      await get('/v1/jobs/x'),
      await get('/nowhere'),
      await post({ type: 'broken', input: 1, delay: '1h' }),
      await app.request('/v1/jobs', {
        method: 'OPTIONS',
        headers: { ...origin, 'access-control-request-method': 'POST' },
      }),
    ]
    expect(responses.map(({ status }) => status)).toEqual([201, 400, 404, 404, 500, 405])
    for (const { headers } of responses) {
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect([...headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([])
    }
  })
})

describe('faults that are ours', () => {
  it('answers 503 with Retry-After when the store cannot be read, and tells nothing of what is behind it', async () => {
    const error = new Unavailable('get', new Error('table arn:aws:dynamodb:eu-west-1:1:table/secret'))
    const { app, faults } = httpKit(unreadable(error))
    const response = await app.request('/v1/jobs/x', {}, { requestId: 'r-1' })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    const text = await response.text()
    expect(text).not.toContain('secret')
    expect(JSON.parse(text)).toMatchObject({ code: 'unavailable', requestId: 'r-1' })
    expect(faults).toEqual([{ error, request: { requestId: 'r-1', method: 'GET', path: '/v1/jobs/x' } }])
  })

  it('answers 503 when the store does not take the job, after its tries', async () => {
    let flaky: FlakyStore | undefined
    const kit = httpKit(store => (flaky = new FlakyStore(store)))
    flaky?.breakNext('insert', 'failed', 'failed', 'failed')
    const asked = kit.post({ type: 'echo', input: 1 }, { 'idempotency-key': 'k' })
    await kit.clock.advance(1_000)
    const response = await asked
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(kit.traces()).toEqual({ written: 0, sent: 0, faults: 1 })
    expect((await kit.post({ type: 'echo', input: 1 }, { 'idempotency-key': 'k' })).status).toBe(201)
  })

  it('answers 500 with a request id and no internals for an error that nobody expected', async () => {
    const error = new TypeError('secret of the store')
    const { app, faults } = httpKit(unreadable(error))
    const response = await app.request('/v1/jobs/x')
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(text).not.toContain('secret')
    const { requestId, code } = JSON.parse(text) as { requestId: string; code: string }
    expect(code).toBe('internal')
    expect(requestId).toMatch(/^[\w-]{16}$/)
    expect(faults).toEqual([{ error, request: { requestId, method: 'GET', path: '/v1/jobs/x' } }])
  })

  it('answers 500 when something is thrown that is no error', async () => {
    const { post, faults, traces } = httpKit()
    const response = await post({ type: 'broken', input: 1, delay: '1h' })
    expect(response.status).toBe(500)
    expect(await problemIn(response)).toMatchObject({ code: 'internal', status: 500 })
    expect(faults).toMatchObject([{ error: 'no error', request: { method: 'POST', path: '/v1/jobs' } }])
    expect(traces()).toEqual({ written: 0, sent: 0, faults: 1 })
  })
})

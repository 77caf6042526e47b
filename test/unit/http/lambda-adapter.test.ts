import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, LambdaFunctionURLEvent } from 'aws-lambda'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  apiHandler,
  type HttpEvent,
  type HttpHandler,
  type HttpResult,
  lambdaHandler,
} from '../../../lib/http/lambda-adapter.ts'
import { httpKit, nothing } from './http-kit.ts'

const job = { type: 'echo', input: 'ä☃' }

function eventOf(method: string, rawPath: string, more: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: '',
    headers: { 'content-type': 'application/json', host: 'abc.execute-api.eu-west-1.amazonaws.com' },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abc',
      domainName: 'abc.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'abc',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'curl' },
      requestId: 'req-1',
      routeKey: '$default',
      stage: '$default',
      time: '01/Jan/2027:00:00:00 +0000',
      timeEpoch: 1_798_761_600_000,
    },
    isBase64Encoded: false,
    ...more,
  }
}

const posted = (more: Partial<APIGatewayProxyEventV2> = {}) =>
  eventOf('POST', '/v1/jobs', { body: JSON.stringify(job), ...more })

function lambdaKit() {
  const kit = httpKit()
  return { ...kit, handler: apiHandler(kit.deps, kit.onError) }
}

const bodyIn = (result: HttpResult) => JSON.parse(result.body) as Record<string, unknown> & { id: string }

describe('apiHandler', () => {
  it('takes events of HTTP APIs and of function URLs, and answers in their form', () => {
    expectTypeOf<APIGatewayProxyEventV2>().toExtend<HttpEvent>()
    expectTypeOf<LambdaFunctionURLEvent>().toExtend<HttpEvent>()
    expectTypeOf<HttpResult>().toExtend<APIGatewayProxyStructuredResultV2>()
    expectTypeOf<ReturnType<typeof apiHandler>>().toEqualTypeOf<HttpHandler>()
  })

  it('makes a job and shows it', async () => {
    const { handler, sent } = lambdaKit()
    const result = await handler(posted())
    const { id } = bodyIn(result)
    expect(result).toEqual({
      statusCode: 201,
      headers: {
        'cache-control': 'no-store',
        'content-type': 'application/json',
        location: `/v1/jobs/${id}`,
        'x-content-type-options': 'nosniff',
      },
      body: JSON.stringify({ id, state: 'RESERVED', created: true }),
      isBase64Encoded: false,
    })
    expect(sent).toHaveLength(1)
    const shown = await handler(eventOf('GET', `/v1/jobs/${id}`))
    expect(shown.statusCode).toBe(200)
    expect(bodyIn(shown)).toMatchObject({ id, input: 'ä☃' })
  })

  it('decodes a body in base64', async () => {
    const { handler, store } = lambdaKit()
    const body = Buffer.from(JSON.stringify(job)).toString('base64')
    expect((await handler(posted({ body, isBase64Encoded: true }))).statusCode).toBe(201)
    expect(store.all()).toMatchObject([{ input: '"ä☃"' }])
  })

  it.each([
    ['plain JSON under the flag', JSON.stringify(job)],
    ['garbage', '%%%%'],
    ['no padding', Buffer.from('{"a":1}').toString('base64').replace(/=+$/, '')],
    ['a line break', `${Buffer.from(JSON.stringify(job)).toString('base64')}\n`],
    ['the URL alphabet', Buffer.from([0xfb, 0xff, 0xfe]).toString('base64url')],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('base64')],
    ['nothing', ''],
  ])('answers 400 for a body in base64 that is none or none of ours: %s', async (_, body) => {
    const { handler, traces } = lambdaKit()
    const result = await handler(posted({ body, isBase64Encoded: true }))
    expect(result.statusCode).toBe(400)
    expect(result.headers['content-type']).toBe('application/problem+json')
    expect(bodyIn(result)).toMatchObject({ code: 'invalid_input', field: 'body' })
    expect(traces()).toEqual(nothing)
  })

  it('answers 413 for a body over the limit, in text and in base64', async () => {
    const { handler, traces } = lambdaKit()
    const large = JSON.stringify(job).padEnd(512 * 1024 + 1)
    const encoded = Buffer.from(large).toString('base64')
    expect((await handler(posted({ body: large }))).statusCode).toBe(413)
    expect((await handler(posted({ body: encoded, isBase64Encoded: true }))).statusCode).toBe(413)
    expect(traces()).toEqual(nothing)
  })

  it('answers 400 without a body and 415 without a content type', async () => {
    const { handler, traces } = lambdaKit()
    const { body: _, ...empty } = posted()
    const results = [await handler(empty), await handler(posted({ headers: {} }))]
    expect(results.map(({ statusCode }) => statusCode)).toEqual([400, 415])
    expect(results.map(result => bodyIn(result)['value'])).toEqual(['empty', null])
    expect(traces()).toEqual(nothing)
  })

  it('takes header names in any case, and an Idempotency-Key through the gateway as without it', async () => {
    const { handler, post } = lambdaKit()
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': 'k' }
    const { id } = bodyIn(await handler(posted({ headers })))
    const again = await post(job, { 'idempotency-key': 'k' })
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual({ id, state: 'RESERVED', created: false })
  })

  it.each(['', 'a,b', 'kl\u00fc', 'k\u2603', 'k\ud800'])(
    'refuses the Idempotency-Key %j rather than drop it',
    async key => {
      const { handler, traces } = lambdaKit()
      const result = await handler(posted({ headers: { 'content-type': 'application/json', 'idempotency-key': key } }))
      expect(result.statusCode).toBe(400)
      expect(bodyIn(result)).toMatchObject({ field: 'Idempotency-Key' })
      expect(traces()).toEqual(nothing)
    },
  )

  it('does not mind a header in another script', async () => {
    const { handler } = lambdaKit()
    const headers = { 'content-type': 'application/json', 'x-name': 'Zoë ☃ 灯' }
    expect((await handler(posted({ headers, cookies: ['a=☃'] }))).statusCode).toBe(201)
  })

  it.each([
    ['a header name that is none', { headers: { 'a b': '1' } }],
    ['a header with a line break', { headers: { 'x-a': 'b\r\nc: d' } }],
    ['a header with a NUL', { headers: { 'content-type': 'application/json\u0000' } }],
  ])('answers 400 for %s', async (_, more) => {
    const { handler, traces } = lambdaKit()
    const result = await handler(posted(more))
    expect(result.statusCode).toBe(400)
    expect(bodyIn(result)).toMatchObject({ code: 'invalid_input', field: 'request' })
    expect(traces()).toEqual(nothing)
  })

  it.each(['TRACE', 'CONNECT', '', 'a b'])('answers 400 for the method %j', async method => {
    const { handler, traces } = lambdaKit()
    expect((await handler(eventOf(method, '/v1/jobs'))).statusCode).toBe(400)
    expect(traces()).toEqual(nothing)
  })

  it('answers 405 with the methods there are', async () => {
    const { handler } = lambdaKit()
    const result = await handler(eventOf('DELETE', '/v1/jobs'))
    expect([result.statusCode, result.headers['allow']]).toEqual([405, 'POST, GET, HEAD'])
  })

  it('answers HEAD without a body, and ignores the body of a GET', async () => {
    const { handler } = lambdaKit()
    const { id } = bodyIn(await handler(posted()))
    expect(await handler(eventOf('HEAD', `/v1/jobs/${id}`))).toMatchObject({ statusCode: 200, body: '' })
    expect((await handler(eventOf('GET', `/v1/jobs/${id}`, { body: '%%%', isBase64Encoded: true }))).statusCode).toBe(
      200,
    )
  })

  it.each(['a?b', 'a#b', 'a b', 'a\\b', '☃', 'a%3Fb'])(
    'reads a path that the gateway has decoded as a path: %s',
    async id => {
      const { handler, store } = lambdaKit()
      store.put({ id: id === 'a%3Fb' ? 'a?b' : id, type: 'echo', state: 'AVAILABLE', input: '1' })
      store.put({ id: 'a', type: 'echo', state: 'AVAILABLE', input: '2' })
      const result = await handler(eventOf('GET', `/v1/jobs/${id}`))
      expect(result.statusCode).toBe(200)
      expect(bodyIn(result)).toMatchObject({ id: id === 'a%3Fb' ? 'a?b' : id, input: 1 })
    },
  )

  it.each([
    '/v1/jobs/a\tb',
    '/v1/jobs/a\nb',
    '/v1/jobs/a\u0000b',
    '/v1/jobs/../..',
    '//evil/v1/jobs',
    '',
    'v2',
    '/v1/jobs/ab/c',
  ])('answers 404 for the path %j', async path => {
    const { handler, store } = lambdaKit()
    store.put({ id: 'ab', type: 'echo', state: 'AVAILABLE', input: '1' })
    expect((await handler(eventOf('GET', path))).statusCode).toBe(404)
  })

  it.each(['type=sum', 'x=%zz', '__proto__=1', '=', 'limit'])('refuses a query that nobody reads: %s', async query => {
    const { handler, traces } = lambdaKit()
    const result = await handler(posted({ rawQueryString: query }))
    expect(result.statusCode).toBe(400)
    const field = `query.${query.split('=')[0]}`
    expect(bodyIn(result)).toMatchObject({ code: 'invalid_input', field, allowed: 'no query' })
    expect(traces()).toEqual(nothing)
  })

  it('names the caller as the gateway knows it', async () => {
    const handler = lambdaHandler((_, bindings) => Response.json(bindings))
    const event = eventOf('GET', '/')
    const callerOf = async (authorizer: object) => {
      const requestContext = { ...event.requestContext, authorizer }
      return bodyIn(await handler({ ...event, requestContext }))['caller']
    }
    expect(await callerOf({ iam: { userArn: 'arn:aws:iam::1:user/alice' } })).toBe('arn:aws:iam::1:user/alice')
    expect(await callerOf({ jwt: { claims: { sub: 'alice' }, scopes: [] } })).toBe('alice')
    expect(await callerOf({ iam: { userArn: null } })).toBeUndefined()
    expect(await callerOf({ jwt: { claims: { sub: 7 }, scopes: [] } })).toBeUndefined()
    expect(await callerOf({ lambda: { sub: 'anybody' } })).toBeUndefined()
    expect(await callerOf({ jwt: { claims: { sub: 'x'.repeat(300) } } })).toHaveLength(256)
  })

  it('names the request in a fault as the gateway names it', async () => {
    const { handler, faults } = lambdaKit()
    const result = await handler(posted({ body: '{"type":"broken","input":1,"delay":"1h"}' }))
    expect(result.statusCode).toBe(500)
    expect(bodyIn(result)).toMatchObject({ code: 'internal', requestId: 'req-1' })
    expect(faults).toMatchObject([{ request: { requestId: 'req-1' } }])
  })
})

describe('lambdaHandler', () => {
  it('hands on cookies both ways, and each cookie that is set by itself', async () => {
    const fetch = (request: Request): Response => {
      const headers = new Headers({ 'set-cookie': 'a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT' })
      headers.append('set-cookie', 'b=2')
      return new Response(request.headers.get('cookie'), { headers })
    }
    const result = await lambdaHandler(fetch)(eventOf('GET', '/', { cookies: ['x=1', 'y=2'] }))
    expect(result).toMatchObject({
      statusCode: 200,
      body: 'x=1; y=2',
      cookies: ['a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT', 'b=2'],
    })
    expect(result.headers).not.toHaveProperty('set-cookie')
  })

  it('hands on the query as it was sent', async () => {
    const handler = lambdaHandler(request => new Response(new URL(request.url).search))
    expect((await handler(eventOf('GET', '/a?b', { rawQueryString: 'c=%20&d=?#' }))).body).toBe('?c=%20&d=?%23')
  })
})

import { describe, expect, it } from 'vitest'
import { type HttpRequest, httpEvent } from '../../../../lib/dev/http/event.ts'

const now = Date.UTC(2026, 10, 22, 3, 45, 23)
const eventOf = (request: Partial<HttpRequest>) =>
  httpEvent(
    {
      method: 'GET',
      target: '/',
      httpVersion: '1.1',
      rawHeaders: [],
      body: Buffer.alloc(0),
      sourceIp: '127.0.0.1',
      ...request,
    },
    'request-1',
    now,
  )

describe('the event of an HTTP request', () => {
  it('is of payload format 2.0', () => {
    const event = eventOf({
      method: 'POST',
      target: '/v1/jobs?a=1&b=two%20words&a=2',
      rawHeaders: ['Host', 'localhost:1', 'User-Agent', 'curl', 'X-Twice', '1', 'x-twice', '2', 'Cookie', 'a=1; b=2'],
    })
    expect(event).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/v1/jobs',
      rawQueryString: 'a=1&b=two%20words&a=2',
      cookies: ['a=1', 'b=2'],
      headers: { host: 'localhost:1', 'user-agent': 'curl', 'x-twice': '1,2' },
      queryStringParameters: { a: '1,2', b: 'two words' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        authorizer: { iam: { userArn: 'local' } },
        domainName: 'localhost:1',
        domainPrefix: '',
        http: { method: 'POST', path: '/v1/jobs', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'curl' },
        requestId: 'request-1',
        routeKey: '$default',
        stage: '$default',
        time: '22/Nov/2026:03:45:23 +0000',
        timeEpoch: now,
      },
      isBase64Encoded: false,
    })
  })

  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'text/csv', 'application/xml'])(
    'carries a body of type %s as text',
    type => {
      const event = eventOf({ rawHeaders: ['content-type', type], body: Buffer.from('{"größe":1}') })
      expect(event).toMatchObject({ body: '{"größe":1}', isBase64Encoded: false })
    },
  )

  it.each(['application/octet-stream', 'application/x-www-form-urlencoded', 'application/problem+json', ''])(
    'carries a body of type "%s" in base64',
    type => {
      const rawHeaders = type === '' ? [] : ['content-type', type]
      const event = eventOf({ rawHeaders, body: Buffer.from([0xff, 0x00]) })
      expect(event).toMatchObject({ body: '/wA=', isBase64Encoded: true })
    },
  )

  it('decodes the path, and leaves one alone that cannot be decoded', () => {
    expect(eventOf({ target: '/v1/jobs/a%20b' }).rawPath).toBe('/v1/jobs/a b')
    expect(eventOf({ target: '/v1/%E0%A4%A' }).rawPath).toBe('/v1/%E0%A4%A')
  })

  it('keeps a header named __proto__ as a header', () => {
    const { headers } = eventOf({ rawHeaders: ['__proto__', 'x', 'a', '1'] })
    expect(Object.entries(headers)).toContainEqual(['__proto__', 'x'])
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype)
  })
})

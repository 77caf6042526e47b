import { describe, expect, it } from 'vitest'
import { type PageRequest, passOn } from '../../../../lib/cli/dashboard/pass-on.ts'
import { Unavailable } from '../../../../lib/core/values/errors.ts'

const token = 'secret'
const cookies = ['lamplighter-8787=secret']

function targetThat(answer: (request: Request) => Response | Promise<Response>) {
  const seen: Request[] = []
  const send = async (request: Request): Promise<Response> => {
    seen.push(request)
    return answer(request)
  }
  return { endpoint: { url: 'https://api.example/stage', send }, seen }
}

const asked = (more: Partial<PageRequest> = {}, method = 'GET'): PageRequest => ({
  rawPath: '/v1/jobs',
  rawQueryString: 'queue=mails&limit=5',
  headers: {},
  cookies,
  isBase64Encoded: false,
  requestContext: { http: { method } },
  ...more,
})

describe('a request of the page', () => {
  it('goes on with its query, and its answer comes back', async () => {
    const { endpoint, seen } = targetThat(() => Response.json({ jobs: [] }, { headers: { etag: '"1"', server: 'x' } }))
    expect(await passOn({ endpoint, token, canWrite: false }, asked())).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'application/json', etag: '"1"' },
      body: '{"jobs":[]}',
    })
    expect(seen[0]?.url).toBe('https://api.example/stage/v1/jobs?queue=mails&limit=5')
  })

  it('of what the page has seen is answered with 304, and no body', async () => {
    const { endpoint, seen } = targetThat(() => new Response(null, { status: 304, headers: { etag: 'W/"1"' } }))
    const headers = { 'if-none-match': 'W/"1"' }
    expect(await passOn({ endpoint, token, canWrite: false }, asked({ headers }))).toEqual({
      statusCode: 304,
      headers: { etag: 'W/"1"' },
      body: '',
    })
    expect(seen[0]?.headers.get('if-none-match')).toBe('W/"1"')
  })

  it('takes body and conditions along, and nothing of this machine', async () => {
    const { endpoint, seen } = targetThat(() => new Response(undefined, { status: 204 }))
    const headers = {
      cookie: 'lamplighter-8787=secret',
      origin: 'http://127.0.0.1:8787',
      host: '127.0.0.1:8787',
      authorization: 'Bearer secret',
      'content-type': 'application/json',
      'if-match': '"2"',
    }
    const request = asked(
      { rawPath: '/v1/schedules/a b', rawQueryString: '', headers, body: '{"paused":true}' },
      'PATCH',
    )
    expect((await passOn({ endpoint, token, canWrite: true }, request)).statusCode).toBe(204)
    const [sent] = seen
    expect(sent?.url).toBe('https://api.example/stage/v1/schedules/a%20b')
    expect(Object.fromEntries(sent?.headers ?? [])).toEqual({ 'content-type': 'application/json', 'if-match': '"2"' })
    expect(await sent?.text()).toBe('{"paused":true}')
  })

  it.each([[undefined], [[]], [['lamplighter-8787=guess']], [['secret']], [['other=secrets']]])(
    'with the cookies %j reaches nobody, unless one is the token',
    async given => {
      const { endpoint, seen } = targetThat(() => Response.json({}))
      const { cookies: _, ...without } = asked()
      const request = given === undefined ? without : { ...without, cookies: given }
      const { statusCode } = await passOn({ endpoint, token, canWrite: true }, request)
      // A cookie without a name is its whole text.
      expect(statusCode).toBe(given?.[0] === 'secret' ? 200 : 401)
      expect(seen).toHaveLength(statusCode === 200 ? 1 : 0)
    },
  )

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s reaches nobody without --write', async method => {
    const { endpoint, seen } = targetThat(() => Response.json({}))
    const answer = await passOn({ endpoint, token, canWrite: false }, asked({ body: '{}' }, method))
    expect([answer.statusCode, JSON.parse(answer.body), seen]).toEqual([
      403,
      { status: 403, code: 'read_only', detail: 'The dashboard is read-only; start it with --write' },
      [],
    ])
  })

  it.each([
    [new Unavailable('DynamoDB', new Error('down')), 'unavailable'],
    [new TypeError('fetch failed'), 'unavailable'],
  ])('that nobody answers is a 502 that says so: %s', async (error, code) => {
    const { endpoint } = targetThat(() => {
      throw error
    })
    const { statusCode, body } = await passOn({ endpoint, token, canWrite: false }, asked())
    expect([statusCode, (JSON.parse(body) as { code: string }).code]).toEqual([502, code])
  })
})

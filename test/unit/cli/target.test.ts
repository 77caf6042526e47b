import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newFolder } from '../../support/local-stack.ts'
import { type RunOptions, run } from './terminal-kit.ts'

const caller = '<Arn>arn:aws:sts::123456789012:assumed-role/AdminRole/alice</Arn>'

/** Answers every request with no schedules, and keeps what was asked. */
function listening() {
  const asked: Request[] = []
  const fetch = async (request: unknown): Promise<Response> => {
    if ((request as Request).url.startsWith('https://sts.')) return new Response(caller)
    asked.push(request as Request)
    return Response.json({ schedules: [] })
  }
  const list = (args: readonly string[] = [], options: RunOptions = {}) =>
    run(['schedules', 'list', ...args], { fetch, ...options })
  return { asked, list }
}

afterEach(() => vi.unstubAllEnvs())

describe('the target', () => {
  it("is this folder's local stack, as it noted its address; else the usual port", async () => {
    const { asked, list } = listening()
    const folder = newFolder()
    mkdirSync(join(folder, '.lamplighter'))
    writeFileSync(join(folder, '.lamplighter/env'), "LAMPLIGHTER_TABLE='t'\nLAMPLIGHTER_URL='http://127.0.0.1:9123'\n")
    await list([], { folder })
    rmSync(folder, { recursive: true })
    await list([])
    expect(asked.map(({ url }) => url)).toEqual([
      'http://127.0.0.1:9123/v1/schedules?limit=100',
      'http://127.0.0.1:8787/v1/schedules?limit=100',
    ])
  })

  it('that does not answer says what to do', async () => {
    expect(await run(['schedules', 'list'])).toEqual({
      exit: 5,
      stdout: '',
      stderr:
        'Error (unavailable): nothing answers at http://127.0.0.1:8787: ' +
        'is a local stack running? `npx lamplighter dev` begins one; --stack and --url name another target\n',
    })
  })

  it('by --url, or by LAMPLIGHTER_URL; with a token where there is one', async () => {
    const { asked, list } = listening()
    await list(['--url', 'http://localhost:1/'])
    const environment = { LAMPLIGHTER_URL: 'https://jobs.example.com', LAMPLIGHTER_TOKEN: 'secret' }
    await list([], { environment })
    expect(asked.map(({ url, headers }) => [url, headers.get('authorization')])).toEqual([
      ['http://localhost:1/v1/schedules?limit=100', null],
      ['https://jobs.example.com/v1/schedules?limit=100', 'Bearer secret'],
    ])
  })

  it.each([
    ['http://jobs.example.com', '--url'],
    ['ftp://127.0.0.1', '--url'],
    ['jobs', '--url'],
    ['https://user@jobs.example.com', '--url'],
    ['https://jobs.example.com/?a=1', '--url'],
  ])('%s is refused, and nothing is sent', async (url, field) => {
    const { asked, list } = listening()
    const { exit, stderr } = await list(['--url', url])
    expect([exit, stderr.startsWith(`Error (invalid_input): ${field} is `)]).toEqual([2, true])
    expect(asked).toEqual([])
  })

  it('is named once', async () => {
    const { list } = listening()
    expect(await list(['--url', 'http://127.0.0.1', '--stack', 'prod'])).toMatchObject({ exit: 2 })
  })
})

describe('with AWS credentials', () => {
  const credentials = (): void => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    vi.stubEnv('AWS_REGION', 'eu-west-1')
  }

  it('requests to an address on AWS are signed for its own region', async () => {
    credentials()
    const { asked, list } = listening()
    await list(['--url', 'https://abc.execute-api.us-west-2.amazonaws.com'])
    expect(asked[0]?.headers.get('authorization')).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-west-2\/execute-api\/aws4_request, /,
    )
  })

  it('without credentials: exit code 4', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
    const { asked, list } = listening()
    const { exit, stderr } = await list(['--url', 'https://abc.execute-api.us-west-2.amazonaws.com'])
    expect([exit, stderr.startsWith('Error (not_allowed): no AWS credentials: ')]).toEqual([4, true])
    expect(asked).toEqual([])
  })

  /** What CloudFormation answers, and the API behind it. */
  const cloud = (status: number, xml: string) => {
    credentials()
    const asked: string[] = []
    const fetch = async (request: unknown): Promise<Response> => {
      const { url } = request as Request
      if (url.startsWith('https://sts.')) return new Response(caller)
      asked.push(url)
      return url.includes('cloudformation') ? new Response(xml, { status }) : Response.json({ schedules: [] })
    }
    return { asked, list: (stack: string) => run(['schedules', 'list', '--stack', stack], { fetch }) }
  }
  const output = (name: string, value: string): string =>
    `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`
  const api = 'https://abc.execute-api.eu-west-1.amazonaws.com'

  it('a stack is found by its name', async () => {
    const { asked, list } = cloud(200, output('JobsTableName', 't') + output('JobsApiUrl', api))
    expect(await list('prod')).toMatchObject({
      exit: 0,
      stderr: '  prod  eu-west-1  as alice (AdminRole)\n',
    })
    expect(asked).toEqual(['https://cloudformation.eu-west-1.amazonaws.com/', `${api}/v1/schedules?limit=100`])
  })

  it.each([
    [200, output('Other', 't'), 2, 'the stack prod has no JobRunner; name a table with --table'],
    [200, output('ATableName', 't') + output('BTableName', 'u'), 2, '2 JobRunners, none with an API'],
    [200, output('ATableName', 'jobs') + output('ARecordTableName', 'records'), 1, 'no queues'],
    [200, output('AApiUrl', api) + output('BApiUrl', api), 2, 'the stack prod has several APIs: AApiUrl'],
    [400, '<Message>Stack with id prod does not exist</Message>', 3, 'there is no stack prod in eu-west-1'],
    [403, '<Message>not authorized</Message>', 4, 'CloudFormation: not authorized'],
    [500, '', 5, 'CloudFormation: status 500'],
  ])('CloudFormation answers %i %s: exit code %i', async (status, xml, exit, message) => {
    const ran = await cloud(status, xml).list('prod')
    expect([ran.exit, ran.stderr]).toEqual([exit, expect.stringContaining(message)])
  })
})

describe('what answers instead of the API', () => {
  const through = async (answer: () => Response) =>
    run(['schedules', 'list', '--json'], { fetch: async () => answer() })

  it.each([
    [() => Response.json({ message: 'Forbidden' }, { status: 403 }), 4, 'the API answers 403: Forbidden'],
    [() => new Response('<html>busy</html>', { status: 502 }), 5, 'the API answers 502: <html>busy</html>'],
    [() => new Response('', { status: 429, statusText: 'Slow down' }), 5, 'the API answers 429: Slow down'],
    [
      () => Response.json({ code: 'conflict', detail: 'no', state: 'FAILED', possible: ['retry'] }, { status: 409 }),
      1,
      'no; possible: retry',
    ],
  ])('%#: exit code %i', async (answer, exit, message) => {
    const ran = await through(answer)
    expect([ran.exit, (JSON.parse(ran.stderr) as { message: string }).message]).toEqual([exit, message])
  })

  it('a redirect is not followed: what was signed for one address goes to no other', async () => {
    const server = createServer((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const ran = await run(['schedules', 'list', '--url', `http://127.0.0.1:${port}`], { fetch })
    server.close()
    expect(ran).toMatchObject({ exit: 5 })
  })
})

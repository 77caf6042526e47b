import { expect, it } from 'vitest'
import { run } from '../terminal-kit.ts'

const environment = { LAMPLIGHTER_URL: 'https://jobs.example', LAMPLIGHTER_TOKEN: 't' }

/** Starts the command, asks it, and ends it as Ctrl-C does. */
async function served(args: readonly string[], use: (url: URL) => Promise<void>): Promise<readonly string[]> {
  const asked: string[] = []
  let stop: () => void = () => {}
  const fetched = async (input: string | URL | Request): Promise<Response> => {
    if (input instanceof Request) asked.push(`${input.method} ${input.url}`)
    return Response.json({ queues: [] })
  }
  const ready = Promise.withResolvers<undefined>()
  let printed = ''
  const running = run(['dashboard', '--json', ...args], {
    environment,
    fetch: fetched,
    onInterrupt: handle => {
      stop = handle
      ready.resolve(undefined)
    },
    onStdout: text => {
      printed += text
    },
  })
  await ready.promise
  await use(new URL((JSON.parse(printed) as { url: string }).url))
  stop()
  expect((await running).exit).toBe(130)
  return asked
}

async function cookieOf(url: URL): Promise<string> {
  const login = await fetch(url, { redirect: 'manual' })
  expect([login.status, login.headers.get('location')]).toEqual([303, '/'])
  return login.headers.get('set-cookie')?.split(';')[0] ?? ''
}

it('serves the page to a browser that has the token, and passes reads on', async () => {
  const asked = await served([], async url => {
    expect(url.hostname).toBe('127.0.0.1')
    const cookie = await cookieOf(url)
    const told = await fetch(`${url.origin}/assets/served.json`)
    expect(await told.json()).toEqual({ target: 'jobs.example', isLocal: false, canAct: false })
    expect(await (await fetch(`${url.origin}/v1/queues`, { headers: { cookie } })).json()).toEqual({ queues: [] })
    expect((await fetch(`${url.origin}/v1/queues`)).status).toBe(401)
    const headers = { cookie, 'content-type': 'application/json' }
    expect((await fetch(`${url.origin}/v1/jobs/1/retry`, { method: 'POST', headers })).status).toBe(403)
  })
  expect(asked).toEqual(['GET https://jobs.example/v1/queues'])
})

it('with --write passes acts on', async () => {
  const asked = await served(['--write'], async url => {
    const headers = { cookie: await cookieOf(url), 'content-type': 'application/json' }
    expect((await fetch(`${url.origin}/v1/jobs/1/retry`, { method: 'POST', headers })).status).toBe(200)
  })
  expect(asked).toEqual(['POST https://jobs.example/v1/jobs/1/retry'])
})

it.each(['x', '65536', '-1', '1.5'])('--port %s is wrong use', async port => {
  const { exit, stderr } = await run(['dashboard', `--port=${port}`], { environment })
  expect([exit, stderr]).toEqual([2, expect.stringContaining('0 to 65535')])
})

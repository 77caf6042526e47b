import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpServer, type Site, startHttpServer } from '../../../../lib/dev/http/server.ts'
import type { Invocation } from '../../../../lib/dev/lambda/protocol.ts'

const servers: HttpServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

const token = 'secret-of-this-stack'

async function start(invoke: (event: never) => Promise<Invocation>, site?: Site): Promise<HttpServer> {
  const server = await startHttpServer({
    port: 0,
    token,
    invoke: invoke as (event: unknown) => Promise<Invocation>,
    ...(site === undefined ? {} : { site }),
  })
  servers.push(server)
  return server
}

const echo = async (event: { body?: string }): Promise<Invocation> => ({
  kind: 'returned',
  payload: { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: event.body ?? 'no body' },
})

/** Raw bytes: fetch would neither forge a Host header nor send a target as it is. */
async function raw(server: HttpServer, request: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.end(request)
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  await once(socket, 'close')
  return text
}

describe('the HTTP server', () => {
  it('answers with what the function returned', async () => {
    const server = await start(echo)
    const response = await fetch(`${server.url}/v1/jobs`, { method: 'POST', body: 'lamp' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(await response.text()).toBe('lamp')
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:8787', '10.0.0.1', ''])(
    'refuses a request for the host "%s" and does not call the function',
    async host => {
      let calls = 0
      const server = await start(async () => {
        calls += 1
        return { kind: 'returned', payload: undefined }
      })
      const text = await raw(server, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(text).toMatch(/^HTTP\/1\.1 421 /)
      expect(calls).toBe(0)
    },
  )

  it.each(['localhost', 'LOCALHOST:8787', '127.0.0.1:1', '[::1]:8787'])(
    'takes a request for the host "%s"',
    async host => {
      const server = await start(echo)
      const text = await raw(server, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(text).toMatch(/^HTTP\/1\.1 200 /)
    },
  )

  it.each(['with', 'without'])('answers 413 for a body over 6 MB sent %s its length', async how => {
    const server = await start(echo)
    const bytes = new Uint8Array(6 * 1024 * 1024 + 1)
    const body = how === 'with' ? bytes : new Blob([bytes]).stream()
    const response = await fetch(server.url, { method: 'POST', body, duplex: 'half' })
    expect(response.status).toBe(413)
    expect(await response.json()).toEqual({ message: 'Request Entity Too Large' })
  })

  it('takes a body of exactly 10 MB', async () => {
    const server = await start(echo)
    const body = 'a'.repeat(6 * 1024 * 1024)
    const response = await fetch(server.url, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
    expect((await response.text()).length).toBe(body.length)
  })

  it('answers 500 when the function answers nonsense, and goes on', async () => {
    const server = await start(async () => ({
      kind: 'returned',
      payload: { statusCode: 200, headers: { 'bad name': 'x' } },
    }))
    await expect(fetch(server.url)).resolves.toMatchObject({ status: 500 })
    await expect(fetch(server.url)).resolves.toMatchObject({ status: 500 })
  })

  it('names a busy port and the option that chooses another', async () => {
    const server = await start(echo)
    const port = Number(new URL(server.url).port)
    await expect(startHttpServer({ port, token, invoke: echo as never })).rejects.toThrow(
      `port ${port} is in use; choose another one with --port`,
    )
  })

  it('lets a request in flight finish when it closes', async () => {
    let finish: (invocation: Invocation) => void = () => undefined
    let called: () => void = () => undefined
    const calling = new Promise<void>(resolve => {
      called = resolve
    })
    const server = await start(
      () =>
        new Promise(resolve => {
          finish = resolve
          called()
        }),
    )
    const response = fetch(server.url)
    await calling
    const closing = server.close()
    finish({ kind: 'returned', payload: 'late' })
    expect(await (await response).text()).toBe('late')
    await closing
  })

  it('shows the site for what is not the API, and lets a page read data only after a login', async () => {
    const calls: unknown[] = []
    const page = { status: 200, headers: [['content-type', 'text/html']] as const, body: Buffer.from('<p>lamps') }
    const server = await start(
      async (event: { rawPath: string }) => {
        calls.push(event.rawPath)
        return { kind: 'returned', payload: { statusCode: 200, body: 'data' } }
      },
      path => (path === '/' ? page : undefined),
    )
    const asked = async (path: string, headers: Record<string, string> = {}) => {
      const host = new URL(server.url).host
      const lines = Object.entries({ host, connection: 'close', ...headers }).map(
        ([name, value]) => `${name}: ${value}`,
      )
      return raw(server, `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    }
    const fromPage = { 'sec-fetch-site': 'same-origin' }
    expect(await asked('/', fromPage)).toMatch(/^HTTP\/1\.1 200 [^]*<p>lamps$/)
    expect(await asked('/elsewhere', fromPage)).toMatch(/^HTTP\/1\.1 404 /)
    expect(await asked('/%76%31/jobs', fromPage)).toMatch(/^HTTP\/1\.1 404 /)
    expect(await asked('/v1/jobs', fromPage)).toMatch(/^HTTP\/1\.1 401 /)
    expect(calls).toEqual([])
    const login = await asked(`/?token=${token}&tab=jobs`, { 'sec-fetch-site': 'none' })
    expect(login).toMatch(/^HTTP\/1\.1 303 /)
    expect(login).toContain('location: /?tab=jobs\r\n')
    const [, cookie = ''] = /set-cookie: ([^;]+); Path=\/; HttpOnly; SameSite=Strict\r\n/.exec(login) ?? []
    expect(await asked('/v1/jobs', { ...fromPage, cookie })).toMatch(/^HTTP\/1\.1 200 [^]*data$/)
    expect(calls).toEqual(['/v1/jobs'])
  })
})

/**
 * Keeps web pages out. Every page that a browser shows can send requests to 127.0.0.1, so that address alone protects
 * nothing. Two measures: ports that browsers refuse to connect to, and a look at the headers that browsers send.
 */
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer, type Server } from 'node:net'

export const loopback = '127.0.0.1'

/**
 * Ports that no browser connects to, whatever the page asks for: of the Fetch standard's bad ports those that are above
 * 1,023 and belong to a service that a developer's machine seldom runs. Node's `fetch` refuses them too; `node:http`,
 * which the AWS SDK uses, does not. fetch.spec.whatwg.org/#bad-port
 */
export const browserSafePorts: readonly number[] = [
  6697, 6669, 6668, 6667, 6666, 6665, 6679, 6566, 5061, 5060, 4190, 10_080, 1723, 1720, 1719, 3659, 4045,
]

/**
 * A page may give this machine a name of its own (DNS rebinding). Its requests then carry that name.
 * @param host the header
 */
export const isOwnHost = (host: string | undefined): boolean =>
  /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i.test(host ?? '')

/**
 * Whether a request comes from a page. Browsers add `Origin` to each POST and `Sec-Fetch-Site` to each request to a
 * loopback address, and no page can remove them. Programs send neither.
 */
export const isFromPage = (headers: IncomingHttpHeaders): boolean =>
  !isOwnHost(headers.host) || headers.origin !== undefined || headers['sec-fetch-site'] !== undefined

/** The first port of these that nobody uses now. Somebody may take it before the caller does. */
export async function firstFreePort(ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) if ((await tryPort(port)) !== undefined) return port
  return undefined
}

/** Any port that nobody uses now. */
export async function freePort(): Promise<number> {
  const port = await tryPort(0)
  if (port === undefined) throw new Error(`no free port on ${loopback}`)
  return port
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    const bound = await listenOn(server, port)
    server.close()
    await once(server, 'close')
    return bound
  } catch {
    return undefined
  }
}

/** @param port 0 takes a free one @returns the port @throws Error with the system's code, such as EADDRINUSE */
export async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port, loopback)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`no port on ${loopback}`)
  return address.port
}

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Invocation } from '../lambda/protocol.ts'
import { listenOn, loopback } from '../loopback.ts'
import { StackError } from '../stack-error.ts'
import { httpEvent } from './event.ts'
import { admit, isApiPath } from './guard.ts'
import { gatewayResponse, type HttpResponse, httpResponse } from './response.ts'

/**
 * Of a request that Lambda takes from API Gateway, which itself takes 10 MB. The API refuses much smaller bodies.
 * docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const maxBodyBytes = 6 * 1024 * 1024

export interface HttpServer {
  readonly url: string
  close(): Promise<void>
}

/** Pages and their files, the same for everybody: by path, without the query. Undefined where there is none. */
export type Site = (path: string) => HttpResponse | undefined

export interface HttpServerOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** What browsers show before they get data. */
  readonly token: string
  readonly invoke: (event: unknown) => Promise<Invocation>
  /** @default nothing but the API */
  readonly site?: Site
}

/**
 * Stands in for API Gateway: an HTTP server on 127.0.0.1 that turns requests into events and answers back. It shows the
 * site as well, to reads of paths that are not the API's.
 * @throws StackError when the port is taken
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  let bound = options.port
  const server = createServer((request, response) => {
    void answer(request, options, bound)
      .catch(() => failure)
      .then(reply => {
        // A connection kept alive would hold up the end.
        response.shouldKeepAlive &&= server.listening
        send(response, reply)
      })
  })
  bound = await listen(server, options.port)
  return {
    url: `http://${loopback}:${bound}`,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await closed
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    return await listenOn(server, port)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE') throw new StackError(`port ${port} is in use; choose another one with --port`)
    if (code === 'EACCES') throw new StackError(`port ${port} may not be used; choose another one with --port`)
    throw error
  }
}

async function answer(request: IncomingMessage, options: HttpServerOptions, port: number): Promise<HttpResponse> {
  const { method = 'GET', url: target = '/', headers } = request
  const verdict = admit({ method, target, headers }, { token: options.token, port })
  if (verdict.kind === 'refuse') return refuse(request, verdict.status, verdict.message)
  if (verdict.kind === 'login') return redirect(verdict.location, verdict.cookie)
  const path = target.split('?', 1)[0] ?? '/'
  const page = method === 'GET' || method === 'HEAD' ? options.site?.(path) : undefined
  if (page !== undefined && !isApiPath(path)) return page
  if (verdict.siteOnly) return refuse(request, 404, 'Not Found')
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) return refuse(request, 413, tooLarge)
  const body = await bodyOf(request)
  if (body === undefined) return refuse(request, 413, tooLarge)
  const event = httpEvent(
    {
      method,
      target,
      httpVersion: request.httpVersion,
      rawHeaders: request.rawHeaders,
      body,
      sourceIp: request.socket.remoteAddress ?? '',
    },
    randomUUID(),
    Date.now(),
  )
  return httpResponse(await options.invoke(event))
}

const redirect = (location: string, cookie: string): HttpResponse => ({
  status: 303,
  headers: [
    ['location', location],
    ['set-cookie', cookie],
    ['cache-control', 'no-store'],
    // The address holds the token.
    ['referrer-policy', 'no-referrer'],
  ],
  body: Buffer.alloc(0),
})

const tooLarge = 'Request Entity Too Large'

/** The rest of the request is read and thrown away, so that the client gets to read the answer. */
function refuse(request: IncomingMessage, status: number, message: string): HttpResponse {
  request.resume()
  const response = gatewayResponse(status, message)
  return { ...response, headers: [...response.headers, ['connection', 'close']] }
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const failure = gatewayResponse(500, 'Internal Server Error')

function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  try {
    for (const [name, value] of headers) response.appendHeader(name, value)
  } catch {
    // A name or a value that HTTP does not allow.
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    return send(response, failure)
  }
  response.writeHead(status, { 'content-length': body.length })
  response.end(body)
}

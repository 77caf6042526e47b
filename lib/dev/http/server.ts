import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Invocation } from '../lambda/protocol.ts'
import { isOwnHost, listenOn, loopback } from '../loopback.ts'
import { StackError } from '../stack-error.ts'
import { httpEvent } from './event.ts'
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

/**
 * Stands in for API Gateway: an HTTP server on 127.0.0.1 that turns requests into events and answers back.
 * @param port 0 takes a free one
 * @throws StackError when the port is taken
 */
export async function startHttpServer(
  port: number,
  invoke: (event: unknown) => Promise<Invocation>,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    void answer(request, invoke)
      .catch(() => failure)
      .then(reply => {
        // A connection kept alive would hold up the end.
        response.shouldKeepAlive &&= server.listening
        send(response, reply)
      })
  })
  const bound = await listen(server, port)
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

async function answer(
  request: IncomingMessage,
  invoke: (event: unknown) => Promise<Invocation>,
): Promise<HttpResponse> {
  if (!isOwnHost(request.headers.host)) return refuse(request, 421, 'Misdirected Request')
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return refuse(request, 413, tooLarge)
  const body = await bodyOf(request)
  if (body === undefined) return refuse(request, 413, tooLarge)
  const event = httpEvent(
    {
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      httpVersion: request.httpVersion,
      rawHeaders: request.rawHeaders,
      body,
      sourceIp: request.socket.remoteAddress ?? '',
    },
    randomUUID(),
    Date.now(),
  )
  return httpResponse(await invoke(event))
}

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

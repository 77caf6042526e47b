/** A real HTTP server on loopback that keeps what it was sent. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Receiver {
  readonly port: number
  /** `http://127.0.0.1:port` */
  readonly origin: string
  readonly received: readonly Received[]
  close(): Promise<void>
}

export async function openReceiver(
  answer: (response: ServerResponse, request: Received) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Receiver> {
  const received: Received[] = []
  const server = tls === undefined ? createServer() : createTlsServer(tls)
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = request
    const seen = { method, path, headers, body: await text(request) }
    received.push(seen)
    answer(response, seen)
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // A sender that breaks off leaves nothing to answer.
    take(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    received,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

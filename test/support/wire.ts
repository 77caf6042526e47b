/** What every proxy in front of an engine does: take a call apart, pass it on, answer. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Call {
  /** Name of the API's operation: `BatchExecuteStatement`, `SendMessageBatch`. */
  readonly operation: string
  /** DynamoDB or SQS, with the version of its protocol; as the client named it. */
  readonly service: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Proxy {
  readonly endpoint: string
  stop(): Promise<void>
}

/** @param answer undefined breaks the connection, as a network does */
export async function startProxy(answer: (call: Call) => Promise<Answer | undefined>): Promise<Proxy> {
  const server = createServer((request, response) => {
    readCall(request)
      .then(answer)
      .then(
        given => {
          if (given === undefined) request.socket.destroy()
          else response.writeHead(given.status, { ...given.headers }).end(given.body)
        },
        // The engine is gone, or the client hung up.
        () => request.socket.destroy(),
      )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => stop(server) }
}

const stop = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
  const method = request.method ?? 'POST'
  const target = request.headers['x-amz-target']
  const [service = '', operation = `${method} ${request.url}`] = String(target ?? '').split('.')
  return {
    operation,
    service,
    method,
    path: request.url ?? '/',
    headers: headers as Record<string, string>,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

/** Passes a call on, as it came or with another body. */
export async function forward(call: Call, target: string, body = call.body): Promise<Answer> {
  const answer = await fetch(new URL(call.path, target), {
    method: call.method,
    headers: call.headers,
    ...(call.method === 'GET' ? {} : { body }),
  })
  return {
    status: answer.status,
    headers: { 'content-type': answer.headers.get('content-type') ?? 'application/x-amz-json-1.0' },
    body: await answer.text(),
  }
}

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Capacity {
  readonly CapacityUnits?: number
  readonly Table?: { readonly CapacityUnits?: number }
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>
}

export interface CountingProxy {
  readonly endpoint: string
  /** Requests by operation since the last `reset`. */
  readonly requests: Map<string, number>
  /** Units of writes, table and index apart, as the engine reported them. */
  readonly writeUnits: { table: number; index: number }
  reset(): void
  stop(): Promise<void>
}

const writes = /BatchExecuteStatement|UpdateItem|DeleteItem|PutItem|TransactWriteItems/
/** Asked of these, the engine reports the units of table and index apart. */
const metered = /^DynamoDB_\d+\.(BatchExecuteStatement|UpdateItem|DeleteItem|BatchGetItem|Query|GetItem)$/

/**
 * Stands on the wire in front of an engine and counts: what the real clients send, not what the code believes to send.
 * Asks DynamoDB for its consumed capacity by writing the wish into each request.
 */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const requests = new Map<string, number>()
  const writeUnits = { table: 0, index: 0 }
  const server = createServer((request, response) => {
    void forward(request, target).then(({ operation, status, headers, body }) => {
      requests.set(operation, (requests.get(operation) ?? 0) + 1)
      if (writes.test(operation)) count(body, writeUnits)
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    writeUnits,
    reset() {
      requests.clear()
      Object.assign(writeUnits, { table: 0, index: 0 })
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function forward(request: IncomingMessage, target: string) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const name = String(request.headers['x-amz-target'] ?? `${request.method} ${request.url}`)
  const text = Buffer.concat(chunks).toString('utf8')
  const body = metered.test(name) ? JSON.stringify({ ...JSON.parse(text), ReturnConsumedCapacity: 'INDEXES' }) : text
  const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
  const answer = await fetch(new URL(request.url ?? '/', target), {
    method: request.method ?? 'POST',
    headers: headers as Record<string, string>,
    ...(request.method === 'GET' ? {} : { body }),
  })
  return {
    operation: name.split('.').at(-1) ?? name,
    status: answer.status,
    headers: { 'content-type': answer.headers.get('content-type') ?? 'application/x-amz-json-1.0' },
    body: await answer.text(),
  }
}

function count(body: string, units: { table: number; index: number }): void {
  const { ConsumedCapacity } = JSON.parse(body) as { ConsumedCapacity?: Capacity | readonly Capacity[] }
  const all = ConsumedCapacity === undefined ? [] : [ConsumedCapacity].flat()
  for (const capacity of all) {
    units.table += capacity.Table?.CapacityUnits ?? capacity.CapacityUnits ?? 0
    for (const index of Object.values(capacity.GlobalSecondaryIndexes ?? {})) units.index += index.CapacityUnits ?? 0
  }
}

/**
 * Stands in for Lambda's API of event source mappings: reads and changes those of the stack's queues. A mapping's id is the
 * name of its queue here.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { isFromPage, listenOn, loopback } from '../loopback.ts'

export interface LocalMappings {
  readonly endpoint: string
  /** As it is now; a poller looks before each receive. */
  of(queue: string): LocalMapping
  /** What the code says by now, for new queues and old ones. */
  use(concurrencies: Readonly<Record<string, number>>): void
  stop(): Promise<void>
}

export interface LocalMapping {
  readonly state: string
  readonly concurrency: number
}

const path = '/2015-03-31/event-source-mappings/'

/** @param initial queue → what its code says */
export async function startMappings(initial: Readonly<Record<string, number>>): Promise<LocalMappings> {
  const mappings = new Map<string, LocalMapping>(
    Object.entries(initial).map(([queue, concurrency]) => [queue, { state: 'Enabled', concurrency }]),
  )
  const server = createServer((request, response) => {
    answer(mappings, request).then(
      ({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.writeHead(400).end(),
    )
  })
  const port = await listenOn(server, 0)
  return {
    endpoint: `http://${loopback}:${port}`,
    use(concurrencies) {
      for (const [queue, concurrency] of Object.entries(concurrencies)) {
        mappings.set(queue, { state: mappings.get(queue)?.state ?? 'Enabled', concurrency })
      }
    },
    of: queue => mappings.get(queue) ?? { state: 'Enabled', concurrency: 1 },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(mappings: Map<string, LocalMapping>, request: IncomingMessage) {
  const queue = decodeURIComponent((request.url ?? '').slice(path.length))
  const found = mappings.get(queue)
  if (isFromPage(request.headers) || found === undefined) return { status: 404, body: { Message: 'no such mapping' } }
  if (request.method === 'PUT') mappings.set(queue, changed(found, JSON.parse(await textOf(request)) as Change))
  return { status: 200, body: shown(queue, mappings.get(queue) ?? found) }
}

interface Change {
  readonly Enabled?: unknown
  readonly ScalingConfig?: { readonly MaximumConcurrency?: unknown }
}

function changed(before: LocalMapping, change: Change): LocalMapping {
  const { Enabled: isEnabled, ScalingConfig: { MaximumConcurrency: concurrency } = {} } = change
  return {
    state: typeof isEnabled === 'boolean' ? (isEnabled ? 'Enabled' : 'Disabled') : before.state,
    concurrency: typeof concurrency === 'number' ? concurrency : before.concurrency,
  }
}

const shown = (queue: string, { state, concurrency }: LocalMapping) => ({
  UUID: queue,
  State: state,
  ScalingConfig: { MaximumConcurrency: concurrency },
})

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

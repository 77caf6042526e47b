/**
 * `GET /v1/changes` on a local stack: every change, at once, as a long poll or as a stream of events. What it does not
 * understand it leaves to the API's function, which refuses it with the words of the cloud, or answers with samples.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ChangeHub, Numbered } from '../change-hub.ts'

export interface ChangeServer {
  /** Whether the request was taken; its answer may come later. */
  take(request: IncomingMessage, response: ServerResponse): boolean
  /** Ends what is still open. */
  close(): void
}

const path = '/v1/changes'
const maxWaitSeconds = 20
/** Proxies and browsers give up on a connection that says nothing. */
const keepAliveMs = 15_000
const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

export interface ChangeServerOptions {
  readonly hub: ChangeHub
  /** Names this run of the stack, in eight hex digits: numbers of an earlier one mean nothing. */
  readonly stack: string
  readonly isQueue: (name: string) => boolean
}

export function serveChanges({ hub, stack, isQueue }: ChangeServerOptions): ChangeServer {
  const open = new Set<() => void>()
  const placeOf = (number: number): string => `${stack}-${number}`
  return {
    take(request, response) {
      const asked = askedIn(request, text => numberIn(text, stack))
      if (asked === undefined || (asked.queue !== undefined && !isQueue(asked.queue))) return false
      response.shouldKeepAlive = false
      const from = asked.after ?? hub.last
      const serving = { hub, placeOf, queue: asked.queue, from, response }
      const end = asked.isStream ? stream(serving) : poll(serving, asked.waitMs)
      open.add(end)
      response.once('close', () => {
        end()
        open.delete(end)
      })
      return true
    },
    close() {
      for (const end of open) end()
    },
  }
}

interface Asked {
  /** Undefined: from now on. */
  readonly after: number | undefined
  readonly queue: string | undefined
  readonly waitMs: number
  readonly isStream: boolean
}

function askedIn(request: IncomingMessage, numberOf: (text: string) => number | undefined): Asked | undefined {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (request.method !== 'GET' || url.pathname !== path) return undefined
  const query = [...url.searchParams]
  const names = query.map(([name]) => name)
  const isKnown = names.every(name => ['after', 'queue', 'wait'].includes(name)) && new Set(names).size === names.length
  const wait = url.searchParams.get('wait') ?? String(maxWaitSeconds)
  const isStream = (request.headers.accept ?? '').includes('text/event-stream')
  const resumed = request.headers['last-event-id']
  const given = isStream && typeof resumed === 'string' ? resumed : url.searchParams.get('after')
  const after = given === null ? undefined : numberOf(given)
  const isFit = isKnown && /^\d{1,2}$/.test(wait) && Number(wait) <= maxWaitSeconds
  if (!isFit || (given !== null && after === undefined)) return undefined
  const queue = url.searchParams.get('queue') ?? undefined
  return { after, queue, waitMs: Number(wait) * 1_000, isStream }
}

/** Of another run of the stack: all that this one has seen. */
function numberIn(text: string, stack: string): number | undefined {
  const [, run, number] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(text) ?? []
  if (number === undefined) return undefined
  return run === stack ? Number(number) : 0
}

interface Serving {
  readonly hub: ChangeHub
  readonly placeOf: (number: number) => string
  readonly queue: string | undefined
  readonly from: number
  readonly response: ServerResponse
}

/** @returns what ends it */
function poll({ hub, placeOf, queue, from, response }: Serving, waitMs: number): () => void {
  const ended = new AbortController()
  const answer = (): void => {
    ended.abort()
    if (response.writableEnded || response.destroyed) return
    const found = hub.after(from, queue)
    const body = { changes: found.map(({ change }) => change), next: placeOf(hub.last), isSampled: false }
    response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const answerIfThere = (): void => {
    if (hub.after(from, queue).length > 0) answer()
  }
  const timer = setTimeout(answer, waitMs)
  const unlisten = hub.listen(answerIfThere)
  ended.signal.addEventListener('abort', () => {
    clearTimeout(timer)
    unlisten()
  })
  answerIfThere()
  return answer
}

function stream({ hub, placeOf, queue, from, response }: Serving): () => void {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
  let sent = from
  const sendOn = (): void => {
    const found = hub.after(sent, queue)
    sent = hub.last
    response.write(found.map(event).join(''))
  }
  const event = ({ number, change }: Numbered): string =>
    `id: ${placeOf(number)}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`
  // The first bytes: a browser knows that it is connected.
  response.write(`retry: 1000\nid: ${placeOf(from)}\n\n`)
  sendOn()
  const unlisten = hub.listen(sendOn)
  const timer = setInterval(() => response.write(':\n\n'), keepAliveMs)
  return () => {
    unlisten()
    clearInterval(timer)
    if (!response.writableEnded && !response.destroyed) response.end()
  }
}

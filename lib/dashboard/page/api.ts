/** The API as the page asks it, and the polling of what is in view. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { signal } from './signal.ts'

export interface Asked<Body> {
  readonly body?: Body
  /** Of what the body shows: for `If-Match`. */
  readonly etag?: string
  readonly error?: string
}

/** What the API says of a request that it refuses. */
interface Problem {
  readonly detail?: string
  readonly message?: string
  readonly possible?: readonly string[]
  readonly code?: string
  readonly field?: string
  readonly state?: string
}

export class Refusal extends Error {
  readonly code: string | undefined
  /** That is wrong: `limit.rate.count`. */
  readonly field: string | undefined
  /** In which the act is not possible. */
  readonly state: string | undefined
  constructor(status: number, { detail, message, possible = [], code, field, state }: Problem) {
    const others = possible.length > 0 ? `; possible: ${possible.join(', ')}` : ''
    super(`${detail ?? message ?? `The API answers ${status}`}${others}`)
    this.code = code
    this.field = field
    this.state = state
  }
}

let send: (path: string, init: RequestInit) => Promise<Response> = (path, init) => fetch(path, init)

/** A hosted page sends everything with the token of whoever signed in. */
export const sendWith = (sender: typeof send): void => {
  send = sender
}

const bodyOf = async <Body>(response: Response): Promise<Body> => {
  if (!response.ok) throw new Refusal(response.status, (await response.json().catch(() => ({}))) as Problem)
  return (response.status === 204 ? undefined : await response.json()) as Body
}

export async function ask<Body>(
  method: string,
  path: string,
  body?: unknown,
  more: Readonly<Record<string, string>> = {},
): Promise<Body> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = method === 'GET' ? {} : { 'content-type': 'application/json' }
  return bodyOf(await send(path, { method, headers: { ...headers, ...more }, ...sent }))
}

/** An answer, and the tag by which its server knows it again. */
interface Tagged<Body> {
  readonly body: Body
  readonly etag: string | null
}

/** As `ask`: what has not changed comes without its body, and is the same object as before. */
export async function askTagged<Body>(path: string, before?: Tagged<Body>): Promise<Tagged<Body>> {
  const etag = before?.etag ?? undefined
  const response = await send(path, { method: 'GET', headers: etag === undefined ? {} : { 'if-none-match': etag } })
  if (before !== undefined && response.status === 304) return before
  return { body: await bodyOf<Body>(response), etag: response.headers.get('etag') }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export { messageOf }

/** Whether the reader stopped the page's questions. */
export const isPaused = signal(false)

/** While a dialog about what is on the screen is open, the page behind it stays as it is. */
let holds = 0
export function useHold(): void {
  useEffect(() => {
    holds += 1
    return () => {
      holds -= 1
    }
  }, [])
}

/** How many questions the page in view repeats. */
let repeated = 0

/** By the number of questions (milliseconds): a tab asks at most 5 times in any 10 s. */
const everyMs = [2_050, 5_050] as const
const [manyMs, unfocusedMs] = [10_050, 10_050]
const pauseMs = (): number => (document.hasFocus() ? (everyMs[repeated - 1] ?? manyMs) : unfocusedMs)

interface PollOptions {
  /** Another one, and it asks anew. */
  readonly version?: number | string
  /** Asks anew for another `version` only. @default false */
  readonly isOnce?: boolean
  /** Goes on while others are held up by a dialog. @default false */
  readonly isInDialog?: boolean
}

/** Asks now and again while the page is in view. `path` undefined asks nothing. */
export function usePoll<Body>(path: string | undefined, options: number | PollOptions = {}): Asked<Body> {
  const {
    version = 0,
    isInDialog = false,
    isOnce = false,
  } = typeof options === 'number' ? { version: options } : options
  const [asked, setAsked] = useState<Asked<Body>>({})
  const earlier = useRef<string | undefined>(undefined)
  useEffect(() => {
    // Asked anew, the same question keeps its answer on the screen until the next one is there.
    if (earlier.current !== path) setAsked({})
    earlier.current = path
    if (path === undefined) return
    const count = isOnce ? 0 : 1
    repeated += count
    let timer = 0
    let isOver = false
    let last: Tagged<Body> | undefined
    // One that has not been answered is asked again.
    const isDone = (): boolean => isOnce && last !== undefined
    const isStill = (): boolean => document.hidden || isPaused.value || (holds > 0 && !isInDialog)
    const again = async (isFirst: boolean): Promise<void> => {
      try {
        if (isFirst || !isStill()) last = await askTagged(path, last)
        const { body, etag } = last ?? {}
        const known = etag === null || etag === undefined ? {} : { etag }
        if (!isOver && body !== undefined)
          setAsked(before => (before.body === body && before.error === undefined ? before : { body, ...known }))
      } catch (error) {
        if (!isOver) setAsked(before => ({ ...before, error: messageOf(error) }))
      }
      if (!isOver && !isDone()) timer = window.setTimeout(() => void again(false), isInDialog ? everyMs[0] : pauseMs())
    }
    void again(true)
    return () => {
      repeated -= count
      isOver = true
      window.clearTimeout(timer)
    }
  }, [path, version, isOnce])
  return asked
}

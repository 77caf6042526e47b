/** The API as the page asks it, and the polling of what is in view. */
import { useEffect, useState } from 'preact/hooks'

export interface Asked<Body> {
  readonly body?: Body
  readonly error?: string
}

/** A refusal, with what the API says of it. */
async function refusalOf(response: Response): Promise<Error> {
  const problem = (await response.json().catch(() => ({}))) as {
    detail?: string
    message?: string
    possible?: string[]
  }
  const possible = (problem.possible ?? []).length > 0 ? `; possible: ${problem.possible?.join(', ')}` : ''
  return new Error(`${problem.detail ?? problem.message ?? `The API answers ${response.status}`}${possible}`)
}

let send: (path: string, init: RequestInit) => Promise<Response> = (path, init) => fetch(path, init)

/** A hosted page sends everything with the token of whoever signed in. */
export const sendWith = (sender: typeof send): void => {
  send = sender
}

export async function ask<Body>(method: string, path: string, body?: unknown): Promise<Body> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = method === 'GET' ? {} : { 'content-type': 'application/json' }
  const response = await send(path, { method, headers, ...sent })
  if (!response.ok) throw await refusalOf(response)
  return (response.status === 204 ? undefined : await response.json()) as Body
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export { messageOf }

/** How many questions the page in view repeats. */
let repeated = 0

/** Of one question in view, of several, and without the focus (milliseconds). A tab asks at most 5 times in 10 s. */
const [leastMs, shareMs, unfocusedMs] = [4_000, 3_400, 10_000]
const pauseMs = (): number => Math.max(document.hasFocus() ? leastMs : unfocusedMs, repeated * shareMs)

/** Asks now and again while the page is in view. `path` undefined asks nothing. */
export function usePoll<Body>(path: string | undefined, version = 0): Asked<Body> {
  const [asked, setAsked] = useState<Asked<Body>>({})
  useEffect(() => {
    if (path === undefined) return
    repeated += 1
    let timer = 0
    let isOver = false
    const again = (): void => {
      const next = document.hidden ? Promise.resolve() : ask<Body>('GET', path).then(keep, fail)
      void next.then(() => {
        if (!isOver) timer = window.setTimeout(again, pauseMs())
      })
    }
    const keep = (body: Body): void => {
      if (!isOver) setAsked({ body })
    }
    const fail = (error: unknown): void => {
      if (!isOver) setAsked(before => ({ ...before, error: messageOf(error) }))
    }
    setAsked({})
    again()
    return () => {
      repeated -= 1
      isOver = true
      window.clearTimeout(timer)
    }
  }, [path, version])
  return asked
}

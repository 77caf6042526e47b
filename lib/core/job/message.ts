import { type Job, slotOf } from './job.ts'

/** What SQS carries for one job. A hint: the item decides. Never the input, so that nothing private is in a queue. */
export interface Message {
  /**
   * 2 for a job with a gate, 3 for one whose gate has a rate: a release that knows no gates, or no rates, leaves such a
   * message to those that do.
   */
  readonly v: 1 | 2 | 3
  readonly id: string
  readonly fence: number
  readonly type: string
  /** The job's `lookAt` when the message was sent; tells which form of the start to try first. */
  readonly at: number
  /** The gate that the job must pass. Only with `v` 2 or 3. */
  readonly gate?: string
  /** A place in the gate was promised to this message. Only with `gate`. */
  readonly promised?: true
  /** The slot that the message had there when it was sent: epoch milliseconds. Only with `v` 3. */
  readonly slot?: number
}

type Told = Pick<Job, 'id' | 'fence' | 'type'> & Partial<Pick<Job, 'gate' | 'pass' | 'scheduledAt'>>

export function messageOf(job: Told, at: number, isPromised = false): Message {
  const { id, fence, type, gate, pass, scheduledAt = 0 } = job
  if (gate === undefined) return { v: 1, id, fence, type, at }
  const slot = slotOf({ fence, scheduledAt, ...(pass === undefined ? {} : { pass }) })
  return {
    v: pass === undefined ? 2 : 3,
    id,
    fence,
    type,
    at,
    gate,
    ...(isPromised ? { promised: true } : {}),
    ...(slot === undefined ? {} : { slot }),
  }
}

/** Undefined for anything that is not a message of this format. */
export function parseMessage(body: string): Message | undefined {
  const { v, id, fence, type, at, gate, promised, slot } = objectFrom(body)
  const isOurs =
    (v === 1 || ((v === 2 || v === 3) && typeof gate === 'string' && gate !== '')) &&
    typeof id === 'string' &&
    id !== '' &&
    typeof type === 'string' &&
    typeof fence === 'number' &&
    Number.isSafeInteger(fence) &&
    typeof at === 'number' &&
    Number.isFinite(at)
  if (!isOurs) return undefined
  if (v === 1) return { v, id, fence, type, at }
  return {
    v,
    id,
    fence,
    type,
    at,
    gate: String(gate),
    ...(promised === true ? { promised } : {}),
    ...(v === 3 && typeof slot === 'number' && Number.isFinite(slot) ? { slot } : {}),
  }
}

/**
 * The job's id in a body that `parseMessage` does not take, if it is of a later format; undefined for every other body. During a deploy or after a roll-back such
 * a message can come to this release, which must neither act on it nor delete it.
 */
export function idInNewerMessage(body: string): string | undefined {
  const { v, id } = objectFrom(body)
  return Number.isSafeInteger(v) && Number(v) > 1 && typeof id === 'string' && id !== '' ? id : undefined
}

function objectFrom(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

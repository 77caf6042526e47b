import type { Job } from './job.ts'

/** What SQS carries for one job. A hint: the item decides. Never the input, so that nothing private is in a queue. */
export interface Message {
  readonly v: 1
  readonly id: string
  readonly fence: number
  readonly type: string
  /** The job's `lookAt` when the message was sent; tells which form of the start to try first. */
  readonly at: number
}

export const messageOf = (job: Pick<Job, 'id' | 'fence' | 'type'>, at: number): Message => ({
  v: 1,
  id: job.id,
  fence: job.fence,
  type: job.type,
  at,
})

/** Undefined for anything that is not a message of this format. */
export function parseMessage(body: string): Message | undefined {
  const { v, id, fence, type, at } = objectFrom(body)
  const isOurs =
    v === 1 &&
    typeof id === 'string' &&
    id !== '' &&
    typeof type === 'string' &&
    typeof fence === 'number' &&
    Number.isSafeInteger(fence) &&
    typeof at === 'number' &&
    Number.isFinite(at)
  return isOurs ? { v, id, fence, type, at } : undefined
}

/**
 * The job's id in a message of a later format; undefined for every other body. During a deploy or after a roll-back such
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

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

/** Undefined for anything that is not a message of ours: such a body can never be worked off. */
export function parseMessage(body: string): Message | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { v, id, fence, type, at } = value as Record<string, unknown>
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

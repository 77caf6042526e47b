/** A step's value that its cell does not hold: an object of the bucket, put before the cell. Pure. */
import { generationOf, type Job, lifeOf } from '../job/job.ts'
import { keptMs } from './cell.ts'
import { padded } from './keys.ts'
import { daysPart, objectDays, type PayloadObject } from './payload.ts'

const dayMs = 86_400_000
const ours = 's3:'
/** Apart from inputs: workers put these, and may not touch those. */
export const valuePrefix = 'step/'

/** Of all values of one generation in the bucket: ten of the largest. A run reads those that it comes to. */
export const maxValuesBytes = 40 * 1024 * 1024

/** As for inputs: days after which objects expire, by the part of their key that says so. None goes before its cell. */
export const valueDays: readonly number[] = objectDays.filter(days => days * dayMs >= keptMs)

export interface PlacedValue {
  /** What the cell holds in its place. */
  readonly ref: string
  readonly object: PayloadObject
}

/**
 * @param keepMs how long the job is kept after its end
 * @param token of this write alone: of two runs that make a step at once each has an object, and one of them a cell
 */
export function placedValue(job: Job, body: string, { keepMs, token }: { keepMs: number; token: string }): PlacedValue {
  const days = valueDays.find(one => one * dayMs >= keptMs + keepMs) ?? valueDays.at(-1) ?? 0
  const owner = [encodeURIComponent(job.id), lifeOf(job).life, padded(generationOf(job))].join('/')
  const key = `${valuePrefix}${daysPart(days)}/${owner}/${token}`
  return { ref: `${ours}${key}`, object: { key, body } }
}

/** Undefined for what a later release has put where this one cannot look. */
export const valueKeyOf = (ref: string): string | undefined =>
  ref.startsWith(`${ours}${valuePrefix}`) ? ref.slice(ours.length) : undefined

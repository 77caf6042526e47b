/** Two transitions on one job, decided on the same reading of it, and how each order ends. */
import type { RawJob } from '../../../lib/core/job/job.ts'
import type { Racer } from './racers.ts'

/** What is left: a state, or no item. */
type Left = NonNullable<RawJob['state']> | 'gone'

/** Of the two, in the order of the race's `racers`, and what is left then. */
export interface End {
  readonly applied: readonly [boolean, boolean]
  readonly left: Left
}

export interface Race {
  readonly pair: string
  /** Without its id. */
  readonly item: RawJob
  readonly racers: readonly [Racer, Racer]
  /** When the first of `racers` comes first, and when the second does. */
  readonly ends: readonly [End, End]
}

/** Whoever comes first wins, and the other is refused. */
export const exclusive = (first: Left, other: Left): Race['ends'] => [
  { applied: [true, false], left: first },
  { applied: [false, true], left: other },
]
/** Both are carried out when the first of the racers comes first; the second wins alone. */
export const bothInOrder = (both: Left, other: Left): Race['ends'] => [
  { applied: [true, true], left: both },
  { applied: [false, true], left: other },
]
export const inEitherOrder = (left: Left): Race['ends'] => [
  { applied: [true, true], left },
  { applied: [true, true], left },
]
export const onlyFirst = (left: Left): Race['ends'] => [
  { applied: [true, false], left },
  { applied: [true, false], left },
]

export const race = (pair: string, item: RawJob, racers: readonly [Racer, Racer], ends: Race['ends']): Race => ({
  pair,
  item,
  racers,
  ends,
})

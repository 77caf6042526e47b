import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { TableAccess } from './read-items.ts'

/** Both tables, and how they are reached. */
export interface RecordAccess extends TableAccess {
  readonly jobTable: string
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly random: Pick<Random, 'fraction'>
}

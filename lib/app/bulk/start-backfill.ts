import { maxActorLength } from '../../core/records/audit.ts'
import { scheduleNameIn } from '../../core/schedule/definition.ts'
import { boundedNext, timesIn } from '../../core/schedule/occurrences.ts'
import { integerIn, objectIn, refuseUnknownKeys, shortTextIn } from '../../core/values/check-options.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { formatInstant, instantOf } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { schedulesNamed } from '../schedule/read-schedules.ts'
import { type BulkView, checkSystemQueue, started } from './bulk.ts'
import { defaultRate, flagIn, maxRate } from './bulk-request.ts'
import type { BackfillRequest } from './run-backfill.ts'

export interface BackfillOptions {
  /** The first instant, included: a Date or ISO 8601 text with a zone. */
  readonly from: string | Date
  /** The last instant, included; not in the future. */
  readonly to: string | Date
  /** Occurrences that have a job get a second one. @default false: they are left alone */
  readonly again?: boolean
  /** Jobs a second. 1 to 1,000. @default 50 */
  readonly rate?: number
  /** Counts the occurrences, and those that have their job; enqueues nothing. @default false */
  readonly dryRun?: boolean
  /** Who asks. 1 to 256 characters. @default 'api' */
  readonly by?: string
}

export type BackfillOutcome = { readonly kind: 'started'; readonly bulk: BulkView } | { readonly kind: 'notFound' }

/** Occurrences of one backfill: each becomes a job. */
const maxOccurrences = 10_000

/**
 * Enqueues the occurrences of a schedule from one instant to another. Those that have their job already are left alone.
 * @throws InvalidInput, also when there are more than 10,000; Unavailable
 */
export async function startBackfill(deps: Deps, name: string, options: BackfillOptions): Promise<BackfillOutcome> {
  checkSystemQueue(deps, 'backfill')
  objectIn('backfill', options)
  refuseUnknownKeys('backfill', options, ['from', 'to', 'again', 'rate', 'dryRun', 'by'])
  scheduleNameIn('name', name)
  const now = deps.clock.now()
  const from = boundIn('from', options.from, now)
  const to = boundIn('to', options.to, now)
  if (from > to) throw new InvalidInput('from', options.from, 'an instant that is not after `to`')
  const again = flagIn('again', options.again ?? false)
  const dryRun = flagIn('dryRun', options.dryRun ?? false)
  const schedule = (await schedulesNamed(deps, [name])).get(name)
  if (schedule === undefined) return { kind: 'notFound' }
  const next = boundedNext(schedule.definition)
  const count = timesIn(next, { from: from - 1, until: to, limit: maxOccurrences + 1 }).length
  if (count > maxOccurrences) {
    throw new InvalidInput('to', options.to, `an instant up to which there are at most ${maxOccurrences} occurrences`)
  }
  const request: BackfillRequest = {
    schedule: name,
    from: formatInstant(from),
    to: formatInstant(to),
    again,
    rate: integerIn('rate', options.rate ?? defaultRate, 1, maxRate),
    dryRun,
    by: shortTextIn('by', options.by ?? 'api', maxActorLength),
  }
  return { kind: 'started', bulk: await started(deps, 'backfill', request) }
}

function boundIn(field: string, value: unknown, now: number): number {
  const at = instantOf(value)
  if (at !== undefined && at >= 0 && at <= now) return at
  throw new InvalidInput(field, value, 'a Date or ISO 8601 text with a zone, in the past')
}

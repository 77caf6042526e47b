/** What people ask of a bulk act, and what its job is given: checked, and frozen at the moment it was asked for. */

import { systemQueue } from '../../core/definition/system.ts'
import { type JobAct, jobActs } from '../../core/job/acts.ts'
import { checkFilter, type ListOptions } from '../../core/lookup/job-filter.ts'
import { maxActorLength } from '../../core/records/audit.ts'
import { integerIn, objectIn, oneOf, refuseUnknownKeys, shortTextIn } from '../../core/values/check-options.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { dueAtOf } from '../enqueue/prepare.ts'
import type { When } from '../operate/operate.ts'

/** Which jobs: what a list takes, without order and page. */
export type BulkFilter = Omit<ListOptions, 'order' | 'limit' | 'cursor'>

export interface BulkOptions extends When {
  readonly action: JobAct
  /**
   * Which jobs, as a list takes it. What comes later is not swept along. `delete` needs a `phase` or a `state`.
   * @default `phase`: 'failed' for retry, 'live' for the others
   */
  readonly filter?: BulkFilter
  /** Jobs a second. 1 to 1,000. @default 50 */
  readonly rate?: number
  /** It ends after so many jobs. 1 to 10,000,000. @default all that match */
  readonly max?: number
  /** Counts what matches, and does nothing. @default false */
  readonly dryRun?: boolean
  /** Who asks, for those who look at it later. 1 to 256 characters. @default 'api' */
  readonly by?: string
}

/** As the job of a bulk act gets it. JSON. */
export interface BulkRequest {
  readonly action: JobAct
  readonly filter: BulkFilter & { readonly phase: NonNullable<ListOptions['phase']> }
  readonly rate: number
  readonly max: number
  readonly dryRun: boolean
  readonly by: string
  /** ISO 8601. Jobs that are made or end later are left alone. */
  readonly before: string
  /** ISO 8601: the time that `retry` and `reschedule` give. Absent: now. */
  readonly runAt?: string
}

const optionNames = ['action', 'filter', 'rate', 'max', 'dryRun', 'by', 'delay', 'delayMs', 'runAt']
const filterNames = ['queue', 'phase', 'state', 'type', 'tag', 'parked', 'why', 'from', 'to']
export const maxRate = 1_000
const maxMatched = 10_000_000
export const defaultRate = 50

/** The jobs that an act can do something with are in these phases. */
const phasesOf = {
  retry: ['failed', 'completed', 'cancelled'],
  cancel: ['live'],
  run: ['live'],
  reschedule: ['live'],
  delete: ['live', 'failed', 'completed', 'cancelled'],
} as const satisfies Record<JobAct, readonly string[]>

/** @throws InvalidInput naming the field, the value and what is allowed */
export function checkBulk(given: BulkOptions, now: number): BulkRequest {
  objectIn('bulk', given)
  refuseUnknownKeys('bulk', given, optionNames)
  const action = oneOf('action', given.action, jobActs)
  const dueAt = dueAtFrom(action, given, now)
  return {
    action,
    filter: filterFrom(action, given.filter ?? {}),
    rate: integerIn('rate', given.rate ?? defaultRate, 1, maxRate),
    max: integerIn('max', given.max ?? maxMatched, 1, maxMatched),
    dryRun: flagIn('dryRun', given.dryRun ?? false),
    by: shortTextIn('by', given.by ?? 'api', maxActorLength),
    before: formatInstant(now),
    ...(dueAt === undefined ? {} : { runAt: formatInstant(dueAt) }),
  }
}

function filterFrom(action: JobAct, given: BulkFilter): BulkRequest['filter'] {
  objectIn('filter', given)
  refuseUnknownKeys('filter', given, filterNames)
  if (given.queue === systemQueue) {
    throw new InvalidInput(
      'filter.queue',
      given.queue,
      'a queue of jobs; bulk acts and backfills are stopped one by one',
    )
  }
  if (action === 'delete' && given.phase === undefined && given.state === undefined) {
    throw new InvalidInput('filter.phase', undefined, `one of ${phasesOf.delete.join(', ')}, or a state`, 'is missing')
  }
  const isPhaseless = given.phase === undefined && given.state === undefined
  const whole = isPhaseless ? { ...given, phase: phasesOf[action][0] } : given
  const { phase, since, until } = checkFilter(whole).filter
  const allowed: readonly string[] = phasesOf[action]
  if (!allowed.includes(phase)) {
    const [field, value] = given.state === undefined ? ['filter.phase', phase] : ['filter.state', given.state]
    throw new InvalidInput(
      field,
      value,
      `for ${action} a job that ${action === 'retry' ? 'has ended' : 'has not ended'}`,
    )
  }
  const { from, to, state, ...texts } = whole
  return {
    ...texts,
    phase,
    ...(state === undefined ? {} : { state }),
    ...(from === undefined ? {} : { from: formatInstant(since) }),
    ...(to === undefined ? {} : { to: formatInstant(until) }),
  }
}

function dueAtFrom(action: JobAct, { delay, delayMs, runAt }: BulkOptions, now: number): number | undefined {
  const when = {
    ...(delay === undefined ? {} : { delay }),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(runAt === undefined ? {} : { runAt }),
  }
  const [name] = Object.keys(when)
  if (action === 'reschedule' && name === undefined) {
    throw new InvalidInput('runAt', undefined, 'one of delay, delayMs, runAt', 'is missing')
  }
  if (action !== 'reschedule' && action !== 'retry' && name !== undefined) {
    throw new InvalidInput(name, when[name as keyof typeof when], `nothing, unless the action is reschedule or retry`)
  }
  return name === undefined ? undefined : dueAtOf(when, now)
}

export function flagIn(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new InvalidInput(field, value, 'true or false')
  return value
}

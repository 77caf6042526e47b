/** Which jobs a list shows. */
import { type JobState, jobStates, terminalStates, waitingStates } from '../job/job.ts'
import type { Phase } from '../job/lane.ts'
import { integerIn, objectIn, oneOf, refuseUnknownKeys } from '../values/check-options.ts'
import { InvalidInput } from '../values/errors.ts'
import { instantOf, lastInstant } from '../values/instant.ts'

export const phases = ['live', 'failed', 'completed', 'cancelled'] as const satisfies readonly Phase[]

export interface ListOptions {
  /** @default all queues, of which each costs as many queries as it has shards */
  readonly queue?: string
  /**
   * `live`: jobs that have not ended. Completed jobs are there only if their contract has `listCompleted: true`.
   * @default the phase of `state`; `live` without it
   */
  readonly phase?: Phase
  /** Within `live`, and for `tag`, the items are read: see `maxLooked`. */
  readonly state?: JobState
  readonly type?: string
  readonly tag?: string
  /** Of live jobs those in line: at a gate, or until their queue has room. The items are read, as for `state`. */
  readonly parked?: true
  /** Of a failed job: name and fingerprint of its error, as a list or an error group shows it; or the name alone. */
  readonly why?: string
  /**
   * Bounds of the time by which the list is sorted, both included: when a job ended; of a live one, when the sweeper looks
   * at it, which is soon after it is due. An ISO 8601 text with a zone, or a Date.
   */
  readonly from?: string | Date
  readonly to?: string | Date
  /** @default 'newest'; of live jobs 'oldest', which is the order in which they are due */
  readonly order?: 'newest' | 'oldest'
  /** Jobs of one page: 1 to 100. @default 50 */
  readonly limit?: number
  /** What the page before gave as `next`, with the same options. */
  readonly cursor?: string
}

/** Checked; instants in epoch milliseconds. */
export interface JobFilter {
  readonly queue?: string
  readonly phase: Phase
  readonly state?: JobState
  readonly type?: string
  readonly tag?: string
  readonly parked?: true
  readonly why?: string
  readonly since: number
  readonly until: number
  readonly isDescending: boolean
}

const optionNames = [
  'queue',
  'phase',
  'state',
  'type',
  'tag',
  'parked',
  'why',
  'from',
  'to',
  'order',
  'limit',
  'cursor',
]
/** An answer of a Lambda function ends at 6 MB: so many jobs without input and result stay far below. */
const maxPageSize = 100
const defaultPageSize = 50
const maxTextLength = 256

/** The phase in whose lanes the jobs of a state are. */
export const phaseOf = (state: JobState): Phase => endedIn.get(state) ?? 'live'
const endedIn: ReadonlyMap<JobState, Phase> = new Map([
  ['FAILED', 'failed'],
  ['COMPLETED', 'completed'],
  ['CANCELLED', 'cancelled'],
])

/** States of the jobs in a phase. */
export const statesIn = (phase: Phase): readonly JobState[] =>
  phase === 'live' ? [...waitingStates, 'IN_PROGRESS'] : terminalStates.filter(state => phaseOf(state) === phase)

/** @throws InvalidInput */
export function checkFilter(given: ListOptions): { readonly filter: JobFilter; readonly limit: number } {
  objectIn('list', given)
  refuseUnknownKeys('list', given, optionNames)
  const state = given.state === undefined ? undefined : oneOf('state', given.state, jobStates)
  const phase = phaseFrom(given.phase, state)
  const order = oneOf('order', given.order ?? (phase === 'live' ? 'oldest' : 'newest'), ['newest', 'oldest'])
  const [since, until] = [bound('from', given.from, 0), bound('to', given.to, lastInstant)]
  if (since > until) throw new InvalidInput('from', given.from, 'an instant that is not after `to`')
  if (given.why !== undefined && phase !== 'failed') {
    throw new InvalidInput('why', given.why, "nothing, unless `phase` is 'failed': only failed jobs have an error")
  }
  return {
    filter: {
      ...texts(given),
      ...parkedIn(given.parked, phase),
      phase,
      // The state of an ended job is its phase.
      ...(state === undefined || phase !== 'live' ? {} : { state }),
      since,
      until,
      isDescending: order === 'newest',
    },
    limit: integerIn('limit', given.limit ?? defaultPageSize, 1, maxPageSize),
  }
}

function phaseFrom(given: Phase | undefined, state: JobState | undefined): Phase {
  const phase = given === undefined ? undefined : oneOf('phase', given, phases)
  if (state === undefined) return phase ?? 'live'
  const own = phaseOf(state)
  if (phase !== undefined && phase !== own) throw new InvalidInput('state', state, statesIn(phase).join(', '))
  return own
}

function parkedIn(given: unknown, phase: Phase): Pick<JobFilter, 'parked'> {
  if (given === undefined) return {}
  if (given !== true) throw new InvalidInput('parked', given, 'true, or nothing')
  if (phase !== 'live')
    throw new InvalidInput('parked', given, "nothing, unless `phase` is 'live': others wait for nothing")
  return { parked: true }
}

function texts(given: ListOptions): Pick<JobFilter, 'queue' | 'type' | 'tag' | 'why'> {
  const found: { -readonly [K in 'queue' | 'type' | 'tag' | 'why']?: string } = {}
  for (const name of ['queue', 'type', 'tag', 'why'] as const) {
    const value: unknown = given[name]
    if (value === undefined) continue
    if (typeof value !== 'string' || value === '' || value.length > maxTextLength) {
      throw new InvalidInput(name, value, `text of 1 to ${maxTextLength} characters`)
    }
    found[name] = value
  }
  return found
}

function bound(field: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  const at = instantOf(value)
  if (at === undefined || at < 0 || at > lastInstant) {
    throw new InvalidInput(field, value, 'a Date or ISO 8601 text with a zone, such as 2027-01-01T00:00:00Z')
  }
  return at
}

/** Whether a row may be of a job that is wanted, by what the index itself holds. */
export function isRowWanted(
  { type, why }: Pick<JobFilter, 'type' | 'why'>,
  row: { readonly type?: string; readonly why?: string },
): boolean {
  if (type !== undefined && row.type !== type) return false
  return why === undefined || row.why === why || row.why?.startsWith(`${why}#`) === true
}

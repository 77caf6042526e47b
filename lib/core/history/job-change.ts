import { generationOf, isTerminal, type Job, type JobState, jobStates } from '../job/job.ts'
import { utf8Bytes } from '../values/json.ts'

/** One record of the jobs' stream: a job as it was and as it is. Without `before` it is new, without `after` it is gone. */
export interface JobChange {
  /** Decimal digits, up to 40; they rise within one shard of the stream. */
  readonly sequence: string
  /** When the table was written, to the second. */
  readonly at: number
  readonly before?: Job
  readonly after?: Job
}

/** A job is new: its item is, or it comes under the id of a unique key, whose last job had ended. A requeue is the same job. */
export const isEnqueued = ({ before, after }: JobChange): boolean =>
  after !== undefined &&
  (before === undefined || (generationOf(before) < generationOf(after) && before.insertedAt !== after.insertedAt))

/** How a run ended. `edited`: somebody's edit took the job out of its hands. */
export type RunOutcome =
  | 'completed'
  | 'failed'
  | 'retried'
  | 'crashed'
  | 'cancelled'
  | 'snoozed'
  | 'suspended'
  | 'edited'

/** A run that began with this change. */
export const isStart = ({ before, after }: JobChange): boolean =>
  after?.state === 'IN_PROGRESS' && (before?.state !== 'IN_PROGRESS' || before.owner !== after.owner)

/** A change after which the run of `before` is over. */
export interface EndedRun {
  /** The job as it ran. */
  readonly run: Job
  /** The job after the run; undefined when it is gone. */
  readonly left: Job | undefined
  readonly outcome: RunOutcome
  readonly endedAt: number
  /** Between start and end, in milliseconds. Unknown of a run that crashed. */
  readonly runMs?: number
}

/** The run that ended with this change; undefined when none did. */
export function endedRunOf({ before, after, at }: JobChange): EndedRun | undefined {
  if (before?.state !== 'IN_PROGRESS') return undefined
  if (after?.state === 'IN_PROGRESS' && before.owner === after.owner) return undefined
  const outcome = outcomeOf(before, after)
  const endedAt = after === undefined ? at : endOf(before, after, at)
  const { startedAt } = before
  const isTimed = startedAt !== undefined && outcome !== 'crashed' && outcome !== 'edited'
  return {
    run: before,
    left: after,
    outcome,
    endedAt,
    ...(isTimed ? { runMs: Math.max(0, endedAt - startedAt) } : {}),
  }
}

function outcomeOf(before: Job, after: Job | undefined): RunOutcome {
  if (after === undefined) return 'edited'
  if ((after.crashes ?? 0) > (before.crashes ?? 0)) return 'crashed'
  if (after.state === 'RETRY') return isGivenBack(before, after) ? 'snoozed' : 'retried'
  if (isRest(before, after)) return 'suspended'
  return ends.get(after.state) ?? 'edited'
}

/** A snooze names no error. A failure after progress may raise the same counter; T11 gives it an error of its own. */
const isGivenBack = (before: Job, after: Job): boolean =>
  after.error === before.error && (after.snoozes ?? 0) > (before.snoozes ?? 0)

/** By the run itself, which says that it was it: an edit does not. */
const isRest = (before: Job, after: Job): boolean =>
  (after.state === 'WAITING' || after.state === 'SCHEDULED') && after.lastOwner === before.owner

const ends: ReadonlyMap<JobState, RunOutcome> = new Map([
  ['COMPLETED', 'completed'],
  ['FAILED', 'failed'],
  ['CANCELLED', 'cancelled'],
])

/** A run that ends by itself writes when: as the job's end, or as the end of its lease. */
function endOf(before: Job, after: Job, at: number): number {
  if (isTerminal(after.state) && after.finishedAt !== undefined) return after.finishedAt
  const isLeaseCut = after.leaseUntil !== undefined && after.leaseUntil !== before.leaseUntil
  return isLeaseCut && isWaitingAgain(after) ? (after.leaseUntil ?? at) : at
}

const isWaitingAgain = ({ state }: Job): boolean => state === 'RETRY' || state === 'WAITING' || state === 'SCHEDULED'

/** The state that a job came into with this change; undefined when it stayed in it, or is gone. */
export function enteredState({ before, after }: JobChange): JobState | undefined {
  if (after === undefined) return undefined
  const isSame = before?.state === after.state && generationOf(before) === generationOf(after)
  return isSame ? undefined : after.state
}

/** Counted under this name where a name or a state is none that this release could have written. */
export const otherName = '~'
const maxNameBytes = 64

/** A foreign writer may put any text: names of counters must stay short. */
export const countedName = (name: string): string =>
  name !== '' && name.isWellFormed() && utf8Bytes(name) <= maxNameBytes ? name : otherName

export type CountedState = JobState | typeof otherName
export const countedStates: readonly CountedState[] = [...jobStates, otherName]

export const countedState = (state: string): CountedState =>
  (jobStates as readonly string[]).includes(state) ? (state as JobState) : otherName

/** Whether what is left of a run's time is enough for its next step. Pure. */

import { backoffMs, boundedDelayMs } from '../definition/backoff.ts'
import { reactionTo } from '../definition/handler-errors.ts'
import { type JobPolicy, maxDurationOf } from '../definition/policy.ts'
import type { CheckedStep } from '../definition/workflow.ts'
import type { Job } from '../job/job.ts'
import { type JobError, normaliseError } from '../job/job-error.ts'
import { formatMs, spokenMs } from '../values/duration.ts'
import { formatInstant } from '../values/instant.ts'
import { type FailedRun, type FailureContext, failuresInRow, isLastFailure, retryAfter } from './failed-run.ts'

/** What the decision depends on, in milliseconds. */
export interface StepTime {
  readonly now: number
  /** When the run began to work. */
  readonly startedAt: number
  /** When the run must have ended. */
  readonly deadline: number
  /** When the function itself must have ended: how far heartbeats of the handler may move the deadline. */
  readonly functionDeadline: number
  /** Of the job's contract. */
  readonly runTimeoutMs: number
  /** What the step asks for; undefined: whatever there is. */
  readonly stepTimeoutMs: number | undefined
  /** The longest that a step of this run has taken. 0: it has made none. */
  readonly longestMs: number
  /** Whether the run has left anything from which a later one goes on. */
  readonly hasProgressed: boolean
}

export type StepTimeDecision =
  | { readonly kind: 'fits' }
  /** A later run has more time, and goes on from what this one has left. */
  | { readonly kind: 'later' }
  /** The function had little time left when the run began: another invocation has more. */
  | { readonly kind: 'elsewhere' }
  /** Each run would come here with as little time. */
  | { readonly kind: 'noProgress'; readonly message: string }

/** To write down what the step returned. */
const marginMs = 1_000

/** A step that asks for nearly all of a run's time gets at least this share of it. */
const fullShare = 0.75

export function decideStepTime(time: StepTime): StepTimeDecision {
  const { now, startedAt, hasProgressed } = time
  const needMs = neededMs(time)
  const end = endFor(time)
  if (end - now >= needMs) return { kind: 'fits' }
  if (hasProgressed) return { kind: 'later' }
  if (end - startedAt < needMs) return { kind: 'elsewhere' }
  const left = spokenMs(Math.max(0, end - now))
  const took = spokenMs(now - startedAt)
  return {
    kind: 'noProgress',
    message: `needs ${spokenMs(needMs)} and has ${left}: the run took ${took} before its first step, as each later one would`,
  }
}

function neededMs({ stepTimeoutMs, runTimeoutMs, longestMs, hasProgressed }: StepTime): number {
  const margin = Math.min(marginMs, runTimeoutMs / 10)
  const most = runTimeoutMs * fullShare
  if (stepTimeoutMs === undefined) return hasProgressed ? Math.min(longestMs + margin, most) : 0
  return reliesOnHeartbeats({ stepTimeoutMs, runTimeoutMs }) ? stepTimeoutMs : Math.min(stepTimeoutMs + margin, most)
}

const endFor = (time: StepTime): number => (reliesOnHeartbeats(time) ? time.functionDeadline : time.deadline)

/** A step that may take longer than a run without heartbeats. */
const reliesOnHeartbeats = ({ stepTimeoutMs = 0, runTimeoutMs }: Pick<StepTime, 'stepTimeoutMs' | 'runTimeoutMs'>) =>
  stepTimeoutMs > runTimeoutMs

export type StepFailure =
  /** A snooze is no failure: the handler passes it on. */
  | { readonly kind: 'thrownOn' }
  /** For the last time: the handler gets to know. */
  | { readonly kind: 'final'; readonly error: JobError }
  /** Once more, in a later run. */
  | { readonly kind: 'again'; readonly run: FailedRun }

export function decideStepFailure(
  context: FailureContext,
  name: string,
  thrown: unknown,
  options: Pick<CheckedStep, 'attempts' | 'backoff'>,
): StepFailure {
  const reaction = reactionTo(thrown)
  if (reaction.kind === 'snooze') return { kind: 'thrownOn' }
  const error = normaliseError(thrown)
  const failures = failuresInRow(context)
  const isLast = isLastFailure(context) || failures >= (options.attempts ?? Number.POSITIVE_INFINITY)
  if (reaction.kind === 'failForGood' || isLast) return { kind: 'final', error }
  const ownMs = backoffMs(options.backoff ?? context.policy.backoff, failures, context.fraction)
  const wishMs = reaction.kind === 'retryAfter' ? boundedDelayMs(reaction.delayMs) : 0
  const isExact = reaction.kind === 'retryAfter' && reaction.isExact
  return { kind: 'again', run: retryAfter(context, inStep(name, error), isExact ? wishMs : Math.max(wishMs, ownMs)) }
}

const inStep = (name: string, { name: kind, message, ...rest }: JobError): JobError => ({
  name: kind,
  message: `step '${name}': ${message}`,
  ...rest,
})

/** Starts of one generation, of a job that has steps. Each costs a write unit and a message: more of them is a loop. */
export const maxStarts = 10_000

/** What is kept of one step, sleep or signal. */
interface Kept {
  readonly kind: string
  readonly isLate?: boolean
  readonly madeAt: number
}

/** When the handler did the first thing that is kept; undefined: nothing yet. What others have sent is not its own. */
export function beganAt(cells: Iterable<Kept>): number | undefined {
  let first: number | undefined
  for (const { kind, isLate, madeAt } of cells) {
    const isOwn = kind !== 'signal' || isLate === true
    if (isOwn && (first === undefined || madeAt < first)) first = madeAt
  }
  return first
}

export interface Bounded {
  readonly job: Pick<Job, 'type' | 'attempt'>
  readonly policy: JobPolicy
  readonly cells: Iterable<Kept>
  readonly now: number
}

/** Why the job may not go on; undefined where it may. */
export function decideBounds({ job: { type, attempt }, policy, cells, now }: Bounded): JobError | undefined {
  const began = beganAt(cells)
  const maxMs = maxDurationOf(policy)
  if (began !== undefined && now > began + maxMs) {
    const message = `its first step was at ${formatInstant(began)}; maxDuration of job type '${type}': ${formatMs(maxMs)}`
    return { name: 'TooOld', message }
  }
  if (attempt <= maxStarts) return undefined
  const message = `the job has started ${attempt} times; allowed: at most ${maxStarts}, unless it begins anew by continueAsNew`
  return { name: 'TooManyStarts', message }
}

/** The instant until which the job may rest. */
export const latestRest = ({ policy, cells, now }: Omit<Bounded, 'job'>): number =>
  (beganAt(cells) ?? now) + maxDurationOf(policy)

/** Whether what is left of a run's time is enough for its next step. Pure. */
import { spokenMs } from '../values/duration.ts'

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

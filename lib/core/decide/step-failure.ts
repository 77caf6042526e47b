/** What becomes of a step whose function threw. Pure. */
import { backoffMs, boundedDelayMs } from '../definition/backoff.ts'
import { reactionTo } from '../definition/handler-errors.ts'
import type { CheckedStep } from '../definition/workflow.ts'
import { type JobError, normaliseError } from '../job/job-error.ts'
import { type FailedRun, type FailureContext, failuresInRow, isLastFailure, retryAfter } from './failed-run.ts'

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

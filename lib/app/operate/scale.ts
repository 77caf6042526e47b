/** How many batches of a queue run at the same time, set at run time. */
import { queuePolicyOf } from '../../core/definition/runner.ts'
import {
  type ConcurrencyOverride,
  concurrencyIn,
  forgetOverrideIfSeen,
  overrideIfSeen,
} from '../../core/records/concurrency.ts'
import type { Deps } from '../../ports/deps.ts'
import { applyMapping } from './apply-mapping.ts'
import { changeQueue, type ExpectedQueue, type UnknownQueue } from './control-record.ts'

export type ScaleOutcome =
  /** `code`: what the deployed code says. A mapping takes it within a minute. */
  | { readonly kind: 'scaled'; readonly concurrency: number; readonly code: number }
  | { readonly kind: 'already'; readonly concurrency: number; readonly code: number }
  /** The deployed code has no such queue any more: nothing takes its messages. */
  | { readonly kind: 'notDeployed' }
  | UnknownQueue

/**
 * Over what the code says, until a reset, or until a deploy changes the code's own number.
 * @param concurrency 2 to 1,000; null: what the code says
 * @throws InvalidInput, PreconditionFailed, Unavailable
 */
export async function scaleQueue(
  deps: Deps,
  queue: string,
  { concurrency, by = 'api' }: { readonly concurrency: number | null; readonly by?: string },
  expected: ExpectedQueue = {},
): Promise<ScaleOutcome> {
  const wanted = concurrency === null ? undefined : concurrencyIn('concurrency', concurrency)
  const { concurrency: code } = queuePolicyOf(deps.runner, queue)
  const decided = await changeQueue<ScaleOutcome>(deps, queue, expected, ({ record, control, now }) => {
    if (!Object.hasOwn(deps.runner.queues, queue)) return { kind: 'leave', outcome: { kind: 'notDeployed' } }
    const seen = control.concurrency.get(queue)
    const value = wanted ?? code
    const isAlready =
      seen === undefined ? wanted === undefined : seen.value === value && seen.isOver === (wanted === undefined)
    if (isAlready) return { kind: 'leave', outcome: { kind: 'already', concurrency: value, code } }
    const override: ConcurrencyOverride = { value, code, at: now, by, isOver: wanted === undefined }
    const change = overrideIfSeen(record, queue, override)
    return { kind: 'write', change, outcome: { kind: 'scaled', concurrency: value, code } }
  })
  if (decided.kind === 'notFound') return decided
  const { outcome } = decided
  if (decided.kind === 'write' && outcome.kind === 'scaled') {
    deps.telemetry.emit({ name: 'queue_scaled', queue, concurrency: outcome.concurrency, code })
    await applyMapping(deps, queue, { concurrency: outcome.concurrency })
  }
  return outcome
}

/** Ends an override: a deploy changed the code's number, or a reset has reached the mapping. @throws Unavailable */
export async function endOverride(deps: Deps, queue: string, seen: ConcurrencyOverride): Promise<void> {
  await changeQueue<undefined>(deps, queue, {}, ({ record, control }) => {
    const isSame = control.concurrency.get(queue)?.at === seen.at
    return isSame
      ? { kind: 'write', change: forgetOverrideIfSeen(record, queue), outcome: undefined }
      : { kind: 'leave', outcome: undefined }
  })
}

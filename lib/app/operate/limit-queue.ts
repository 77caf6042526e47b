/** How many jobs of a whole queue run at the same time, and start in a time, set at run time. */
import type { Limit } from '../../core/definition/contract.ts'
import { limitDeclared, limitedTypes, queueGate, queueLimitIn } from '../../core/definition/limit.ts'
import { systemQueue } from '../../core/definition/system.ts'
import { limitIfSeen, unlimitIfSeen } from '../../core/records/queue-limit.ts'
import type { Deps } from '../../ports/deps.ts'
import { pump } from '../gates/pump.ts'
import { forgetKnown } from '../known-control.ts'
import { changeQueue, type ExpectedQueue, type UnknownQueue } from './control-record.ts'

export type LimitOutcome =
  /** `limit`: what holds now; absent: nothing limits the queue. Workers notice within 5 s. */
  | { readonly kind: 'limited'; readonly limit?: Limit }
  /** It was so already; nothing was written. */
  | { readonly kind: 'already'; readonly limit?: Limit }
  /** These types of the queue have limits of their own, and a job has one. */
  | { readonly kind: 'limitedByType'; readonly types: readonly string[] }
  /** The deployed code has no such queue any more: nothing takes its messages. */
  | { readonly kind: 'notDeployed' }
  | UnknownQueue

/** 2,000 jobs: the API answers within 29 s. The next tick hands out the rest of a line that nothing limits any more. */
const rounds = 10

/**
 * Over what the code says, until somebody takes it away; a deploy changes nothing about it. Jobs that wait already obey it.
 * @param limit null: what the code says
 * @throws InvalidInput, PreconditionFailed, Unavailable
 */
export async function limitQueue(
  deps: Deps,
  queue: string,
  { limit, by = 'api' }: { readonly limit: Limit | null; readonly by?: string },
  expected: ExpectedQueue = {},
): Promise<LimitOutcome> {
  const wanted = limit === null ? undefined : queueLimitIn('limit', limit)
  const declared = limitDeclared(deps.runner, queueGate(queue))
  const types = limitedTypes(deps.runner, queue)
  const decided = await changeQueue<LimitOutcome>(deps, queue, expected, ({ record, control, now }) => {
    if (queue === systemQueue || !Object.hasOwn(deps.runner.queues, queue)) {
      return { kind: 'leave', outcome: { kind: 'notDeployed' } }
    }
    const seen = control.limits.get(queue)
    const holds = wanted ?? declared
    const held = holds === undefined ? {} : { limit: holds }
    if (isSame(seen?.limit, wanted)) return { kind: 'leave', outcome: { kind: 'already', ...held } }
    if (wanted === undefined) {
      return { kind: 'write', change: unlimitIfSeen(record, queue), outcome: { kind: 'limited', ...held } }
    }
    if (types.length > 0) return { kind: 'leave', outcome: { kind: 'limitedByType', types } }
    const change = limitIfSeen(record, queue, { limit: wanted, at: now, by })
    return { kind: 'write', change, outcome: { kind: 'limited', ...held } }
  })
  if (decided.kind === 'notFound') return decided
  if (decided.kind === 'write' && decided.outcome.kind === 'limited') {
    deps.telemetry.emit({ name: 'queue_limited', queue, ...decided.outcome.limit })
    await handOn(deps, queue)
  }
  return decided.outcome
}

const isSame = (a: Limit | undefined, b: Limit | undefined): boolean => JSON.stringify(a) === JSON.stringify(b)

/** There may be more places than before. What goes wrong is the next tick's to repair: the limit itself holds. */
async function handOn(deps: Deps, queue: string): Promise<void> {
  const gate = queueGate(queue)
  forgetKnown(deps)
  try {
    await pump(deps, gate, { rounds })
  } catch (error) {
    deps.telemetry.emit({ name: 'gate_failed', gate, error: String(error) })
  }
}

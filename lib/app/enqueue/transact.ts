/** A job as part of the caller's own transaction. Everything is checked here; whoever sends the transaction writes it. */
import { inTransaction } from '../../core/transitions/enqueue.ts'
import { maxTransactInputBytes } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import type { TransactAction } from '../../ports/record-store.ts'
import { type EnqueueRequest, prepare } from './prepare.ts'

export interface TransactPlan {
  readonly id: string
  readonly actions: readonly TransactAction[]
}

/**
 * T4. What the caller's transaction has to hold, so that the job exists if and only if it comes about.
 * @throws LamplighterError when the request is refused
 */
export async function planTransact(deps: Deps, request: EnqueueRequest): Promise<TransactPlan> {
  // Not above what a record holds: nothing is put before the caller's transaction.
  const { payloads: _, ...withoutBucket } = deps
  const { job, payload } = await prepare(withoutBucket, request, maxTransactInputBytes)
  const put: readonly TransactAction[] =
    payload === undefined || !('part' in payload) ? [] : [{ kind: 'put', record: payload }]
  return { id: job.id, actions: [...put, { kind: 'insertJob', job: inTransaction(job) }] }
}

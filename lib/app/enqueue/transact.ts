/** A job as part of the caller's own transaction. Everything is checked here; whoever sends the transaction writes it. */
import { inTransaction } from '../../core/transitions/enqueue.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { maxTransactInputBytes } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import type { TransactAction } from '../../ports/record-store.ts'
import { type EnqueueRequest, type Prepared, prepare } from './prepare.ts'

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
  const prepared = await prepare(withoutBucket, request, maxTransactInputBytes)
  checkTransactable(prepared)
  const { job, payload } = prepared
  const put: readonly TransactAction[] =
    payload === undefined || !('part' in payload) ? [] : [{ kind: 'put', record: payload }]
  return { id: job.id, actions: [...put, { kind: 'insertJob', job: inTransaction(job) }] }
}

/**
 * In a transaction a unique job can only be put: what is there already refuses the whole.
 * @throws InvalidInput for another `onConflict`
 */
export function checkTransactable({ unique }: Prepared): void {
  if (unique === undefined || unique.onConflict === 'refuse') return
  throw new InvalidInput('unique.onConflict', unique.onConflict, "'refuse' in a transaction")
}

/** Checks a commit whole before anything of it is sent. */
import type { JobRequest } from '../../core/definition/job-request.ts'
import type { CommitEnd } from '../../core/definition/run-context.ts'
import { checkItems, type TransactItem } from '../../core/definition/transact-item.ts'
import type { Job } from '../../core/job/job.ts'
import { commitIfOwner } from '../../core/transitions/finish.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { objectIn, refuseUnknownKeys } from '../../core/values/check-options.ts'
import { CommitTooLarge, InvalidInput } from '../../core/values/errors.ts'
import { maxTransactActions } from '../../core/values/quotas.ts'
import type { TransactAction } from '../../ports/record-store.ts'
import { type Prepared, prepare } from '../enqueue/prepare.ts'
import { checkTransactable } from '../enqueue/transact.ts'
import { putPayloads } from '../payloads.ts'
import { followUp } from './follow-ups.ts'
import { resultText } from './result-text.ts'
import type { RunLease } from './run-lease.ts'

export interface CommitPlan {
  readonly transition: Transition
  readonly items: readonly TransactItem[]
  readonly followUps: readonly Prepared[]
  /** The run's own job, where another is to follow it under its unique key. */
  readonly followed?: Job
}

/** @throws InvalidInput, InvalidDefinition, CommitTooLarge, JobTooLarge and what an enqueue throws */
export async function planCommit(lease: RunLease, items: readonly TransactItem[], end: CommitEnd): Promise<CommitPlan> {
  if (!Array.isArray(items)) throw new InvalidInput('items', items, 'a list of writes')
  objectIn('commit', end)
  refuseUnknownKeys('commit', end, ['result', 'enqueue'])
  const { result } = end
  const requests = requestsOf(end)
  const count = 1 + items.length + requests.length
  if (count > maxTransactActions) throw new CommitTooLarge('items', count, maxTransactActions)
  checkItems('items', items)
  const { deps, handlers } = lease.run.batch
  const handler = handlers.get(lease.job.type)
  const text = handler === undefined ? undefined : await resultText(handler.contract, lease.job, result)
  const followUps = await Promise.all(requests.map(request => prepare(deps, followUp(lease, request))))
  for (const one of followUps) checkTransactable(one)
  const payloads = followUps.flatMap(({ payload }) => payload ?? [])
  // Before the transaction, in which they would cost twice. Without it they expire.
  const lost = (await putPayloads(deps, payloads)).find(error => error !== undefined)
  if (lost !== undefined) throw lost
  return { transition: commitIfOwner(lease.held(), text), items, followUps }
}

function requestsOf({ enqueue: requests = [] }: CommitEnd): readonly JobRequest[] {
  if (Array.isArray(requests)) return requests as readonly JobRequest[]
  throw new InvalidInput('commit.enqueue', requests, 'a list of job requests')
}

/** The transaction of a plan; the job's own change is the first action. */
export const actionsOf = ({ id }: { readonly id: string }, plan: CommitPlan): readonly TransactAction[] => [
  { kind: 'changeJob', id, transition: plan.transition },
  ...plan.items.map(item => ({ kind: 'own', item }) as const),
  ...plan.followUps.map(({ job }) => ({ kind: 'insertJob', job }) as const),
]

/**
 * T31: FAILED and the job of the contract's `onFailed` in one transaction. Nothing else ends such a job as a failure, so
 * that what makes good never depends on the run that died.
 */

import type { JobContract } from '../core/definition/contract.ts'
import { atGate } from '../core/definition/limit.ts'
import { contractOf, onFailedOf, queuePolicyOf } from '../core/definition/runner.ts'
import { tenantOf } from '../core/definition/tenant.ts'
import type { Job } from '../core/job/job.ts'
import { failureText, followerOf, thenOnFailed } from '../core/transitions/on-failed.ts'
import { jobAfter, type Transition } from '../core/transitions/transition.ts'
import { Unavailable } from '../core/values/errors.ts'
import { fromJsonText } from '../core/values/json.ts'
import { mapBounded } from '../core/values/lists.ts'
import type { Deps } from '../ports/deps.ts'
import type { ChangeOutcome } from '../ports/job-store.ts'
import type { TransactOutcome } from '../ports/record-store.ts'
import { checkInput } from './check-input.ts'
import { loadInput, type PlacedInput, placedInput, putPayloads } from './payloads.ts'
import { newRequestToken } from './tokens.ts'
import type { WriteDeps } from './write.ts'
import type { SeenChange } from './write-end.ts'

/** What one failure writes: the same in each try, under the same token. */
interface Plan {
  readonly transition: Transition
  readonly follower: Job
  readonly token: string
}

/** Each is a transaction of its own. */
const transactionsAtOnce = 4

/** A store whose changes are failures, of jobs whose contracts have `onFailed`. For the changes of one call of `writeAll`. */
export function failingStore(deps: Deps, store: WriteDeps['store']): WriteDeps['store'] {
  const plans = new Map<string, Plan>()
  const plan = async (change: SeenChange): Promise<Plan> => {
    const known = plans.get(change.id) ?? (await planned(deps, change))
    plans.set(change.id, known)
    return known
  }
  return {
    get: (ids, parts) => store.get(ids, parts),
    apply: changes =>
      mapBounded(changes as readonly SeenChange[], transactionsAtOnce, async (change): Promise<ChangeOutcome> => {
        try {
          return await carryOut(deps, store, change, await plan(change))
        } catch (error) {
          return { kind: 'failed', error: error instanceof Error ? error : new Unavailable('onFailed', error) }
        }
      }),
  }
}

async function carryOut(
  { records, telemetry }: Deps,
  store: WriteDeps['store'],
  { id, seen }: SeenChange,
  { transition, follower, token }: Plan,
): Promise<ChangeOutcome> {
  const actions = [{ kind: 'changeJob', id, transition } as const, { kind: 'insertJob', job: follower } as const]
  const outcome = await records.transact(actions, token)
  if (outcome.kind === 'done') {
    const { id: its, type, queue, state } = follower
    telemetry.emit({ name: 'job_enqueued', id: its, type, queue, state, isNew: true })
    return { kind: 'applied', job: jobAfter(transition, seen) }
  }
  if (outcome.kind !== 'refused') return { kind: 'failed', error: outcome.error }
  if (isThere(outcome)) {
    // This generation has failed before, and an edit brought it back: what follows has begun already.
    const [alone] = await store.apply([{ id, transition, seen }])
    return alone ?? { kind: 'failed', error: new Unavailable('onFailed', 'no answer') }
  }
  const [own] = outcome.reasons
  return { kind: 'refused', job: own?.kind === 'refusedByJob' ? own.job : undefined }
}

/** Whether nothing stands against it but the job that follows. */
const isThere = ({ reasons: [own, next] }: Extract<TransactOutcome, { kind: 'refused' }>): boolean =>
  own?.kind === 'fine' && next?.kind === 'refusedByJob'

/** @throws Unavailable when the input, or the place for it, does not answer */
async function planned(deps: Deps, { seen, transition: end }: SeenChange): Promise<Plan> {
  const contract = contractOf(deps.runner, onFailedOf(deps.runner, seen.type) ?? '')
  const request = newRequestToken(deps.random)
  const transition = thenOnFailed(end, seen)
  const text = failureText(seen, transition, await inputOf(deps, seen))
  const { job, payload } = await placed(deps, contract, { seen, text, request })
  const [lost] = await putPayloads(deps, payload === undefined ? [] : [payload])
  if (lost !== undefined) throw lost
  return { transition, follower: job, token: request }
}

interface Following {
  readonly seen: Job
  readonly text: string
  readonly request: string
}

async function placed(deps: Deps, contract: JobContract, { seen, text, request }: Following): Promise<PlacedInput> {
  const { type, policy, queue } = contract
  const { shards } = queuePolicyOf(deps.runner, queue)
  const now = deps.clock.now()
  const whole = followerOf(seen, text, { type, policy, home: { queue }, shards, request, now })
  return placedInput(deps, contract, { ...whole, ...(await byContract(deps, contract, text)) })
}

/** What its contract makes of its input. A failure is never held up by that: its start finds out what is wrong. */
async function byContract(
  { runner }: Pick<Deps, 'runner'>,
  contract: JobContract,
  text: string,
): Promise<Pick<Job, 'tenant' | 'gate' | 'pass'>> {
  if (contract.tenant === undefined && contract.limit === undefined) return atGate(runner, contract, undefined)
  try {
    const output = await checkInput(contract, fromJsonText(text))
    const tenant = tenantOf(contract, output)
    return { ...(tenant === undefined ? {} : { tenant }), ...atGate(runner, contract, output) }
  } catch {
    return {}
  }
}

/** The failed job's input as JSON text; null where it is gone, or a later release put it where nobody here can look. */
async function inputOf(deps: Deps, seen: Job): Promise<string | null> {
  // Read without its input, to be decided about.
  const [whole] = seen.input === '' && seen.ref === undefined ? await deps.store.get([seen.id]) : [seen]
  const loaded = await loadInput(deps, whole ?? seen)
  return loaded.kind === 'loaded' && loaded.input !== '' ? loaded.input : null
}

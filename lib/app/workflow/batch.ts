/** `client.batch`: a group of jobs that no run waits for, and a job that begins once all of them have ended. */
import { checkJobs } from '../../core/definition/children.ts'
import type { JobRequest } from '../../core/definition/job-request.ts'
import { defaultPolicy, maxDurationOf } from '../../core/definition/policy.ts'
import { policyOf } from '../../core/definition/runner.ts'
import { jobIdFromKey } from '../../core/job/ids.ts'
import { batchOf } from '../../core/job/parent.ts'
import { groupFrom, keyOfGroup, nextLook } from '../../core/records/group.ts'
import { afterBatch } from '../../core/transitions/enqueue.ts'
import { objectIn, refuseUnknownKeys, shortTextIn } from '../../core/values/check-options.ts'
import { IdempotencyConflict, InvalidInput, Unavailable } from '../../core/values/errors.ts'
import { chunksOf } from '../../core/values/lists.ts'
import { maxIdempotencyKeyLength } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { insertPrepared } from '../enqueue/enqueue.ts'
import { enqueueRequestOf, type Prepared, prepare } from '../enqueue/prepare.ts'
import { newId } from '../tokens.ts'
import { atPlace, missingMembers, placeWave, preparedMembers, putGroup, waveSize } from './members.ts'
import { wakeWaiter } from './wake-waiter.ts'

export interface BatchOptions {
  /**
   * Begins once all of the jobs have ended, however they ended. It gets the batch's id as its own. Not with `delay`, `delayMs`,
   * `runAt`, `unique` or an `idempotencyKey` of its own. @default nothing follows
   */
  readonly then?: JobRequest
  /** The same key is the same batch: what is missing of it is made. 1 to 256 characters. @default each call is another batch */
  readonly idempotencyKey?: string
}

/** What `client.batch` answers. */
export interface StartedBatch {
  /** For `client.children`; and the id of the job that follows, where there is one. */
  readonly id: string
  /** How many jobs it has. */
  readonly of: number
}

/** No type of a job: types have no tilde. */
const keyType = '~batch'

/**
 * Checks everything before anything is written.
 * @throws LamplighterError of the first request that is refused: nothing was written. IdempotencyConflict for another number of
 * jobs under the key
 * @throws Unavailable when not all could be written; safe to repeat with an idempotencyKey
 */
export async function startBatch(
  deps: Deps,
  requests: readonly JobRequest[],
  options: BatchOptions,
): Promise<StartedBatch> {
  const { then, idempotencyKey: key } = checked(requests, options)
  const now = deps.clock.now()
  const id = key === undefined ? newId(deps.random, now) : jobIdFromKey(keyType, key)
  const group = batchOf(id)
  const policy = then === undefined ? defaultPolicy : policyOf(deps.runner, then.type)
  const endBy = now + maxDurationOf(policy)
  const prepared = await preparedMembers(deps, requests.map(enqueueRequestOf), { group, isBound: false, endBy })
  const follower = then === undefined ? undefined : await preparedFollower(deps, then, id)
  const made = { of: requests.length, madeAt: now, isBound: false, keepMs: policy.keepFailedMs }
  const placed = await putGroup(deps, group, made)
  if (placed.group.of !== requests.length) throw new IdempotencyConflict(id, key ?? '')
  for (const wave of chunksOf(placed.isOld ? await missingMembers(deps, group, prepared) : prepared, waveSize)) {
    const error = await placeWave(deps, wave)
    if (error !== undefined) throw error
  }
  if (follower !== undefined) await placeFollower(deps, follower)
  return { id, of: requests.length }
}

/** @throws InvalidInput */
function checked(requests: readonly JobRequest[], options: BatchOptions): BatchOptions {
  checkJobs('batch.jobs', requests, 1)
  objectIn('batch', options)
  refuseUnknownKeys('batch', options, ['then', 'idempotencyKey'])
  const { then, idempotencyKey: key } = options
  if (key !== undefined) shortTextIn('batch.idempotencyKey', key, maxIdempotencyKeyLength)
  if (then === undefined) return options
  if (typeof then?.type !== 'string') {
    throw new InvalidInput('batch.then', then, 'what client.job or jobRequest returns')
  }
  for (const name of ['delay', 'delayMs', 'runAt'] as const) {
    if (then.options[name] === undefined) continue
    throw new InvalidInput(`batch.then.${name}`, then.options[name], 'none: it begins when the jobs have ended')
  }
  return options
}

async function preparedFollower(deps: Deps, request: JobRequest, id: string): Promise<Prepared> {
  try {
    const prepared = await prepare(deps, enqueueRequestOf(request), undefined, { id })
    const { job } = prepared
    return { ...prepared, job: afterBatch(job, nextLook(job.insertedAt, job.insertedAt)), send: undefined }
  } catch (error) {
    throw atPlace('then', error)
  }
}

/** Last of all, so that it is there only if all of the jobs are: then it may be that nobody is left to wake it. */
async function placeFollower(deps: Deps, follower: Prepared): Promise<void> {
  const [outcome] = await insertPrepared(deps, [follower])
  if (outcome?.kind !== 'enqueued') throw outcome?.error ?? new Unavailable('batch', 'no answer')
  const group = batchOf(follower.job.id)
  const [root] = await deps.records.get([keyOfGroup(group)])
  if (groupFrom(root)?.open.length === 0) await wakeWaiter(deps, group)
}

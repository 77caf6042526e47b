import type { Enqueued, EnqueueOutcome } from '../../core/definition/job-request.ts'
import { hasWindows } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { isOwnRequest } from '../../core/transitions/own-write.ts'
import {
  describedInput,
  IdempotencyConflict,
  InvalidInput,
  LamplighterError,
  Unavailable,
  Unwritable,
} from '../../core/values/errors.ts'
import { sameJsonText } from '../../core/values/json.ts'
import { chunksOf, mapBounded } from '../../core/values/lists.ts'
import { repeatFailed } from '../../core/values/repeat-failed.ts'
import { maxPutAgeMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import type { InsertOutcome } from '../../ports/job-store.ts'
import { loadInput, putPayloads } from '../payloads.ts'
import { pullUnsent, sendMessages, sendOrPull } from '../send.ts'
import type { PreparedUnique } from './place-unique.ts'
import { type EnqueueRequest, type Prepared, prepare } from './prepare.ts'

/** How often, and after how long, an insert that was not answered is tried again, beyond the SDK's own retries. */
const delaysMs = [100, 400]

/**
 * Requests that are placed together: four statement batches and ten message batches. A message may overtake its put by
 * the time that one slice takes, never by that of the whole call: the worker gives up a message without an item after
 * five looks.
 */
export const requestsPerSlice = 100
export const slicesAtOnce = 4

/**
 * Enqueues many jobs; answers per request, in order, once each put is durable. A send that failed is no error: the
 * sweeper sends instead.
 */
export async function enqueueMany(deps: Deps, requests: readonly EnqueueRequest[]): Promise<readonly EnqueueOutcome[]> {
  if (requests.length > requestsPerSlice && hasWindows(deps.runner)) return enqueueByPriority(deps, requests)
  const slices = chunksOf(requests, requestsPerSlice)
  const outcomes = await mapBounded(slices, slicesAtOnce, slice => enqueueSlice(deps, slice))
  return outcomes.flat()
}

/** The urgent first: the room that a queue has is theirs. */
async function enqueueByPriority(deps: Deps, requests: readonly EnqueueRequest[]): Promise<readonly EnqueueOutcome[]> {
  const { placesByPriority } = await import('../gates/window.ts')
  const outcomes = new Array<EnqueueOutcome>(requests.length)
  await mapBounded(chunksOf(placesByPriority(requests), requestsPerSlice), slicesAtOnce, async places => {
    const slice = await enqueueSlice(
      deps,
      places.map(place => requests[place] as EnqueueRequest),
    )
    for (const [index, place] of places.entries()) outcomes[place] = slice[index] as EnqueueOutcome
  })
  return outcomes
}

async function enqueueSlice(deps: Deps, requests: readonly EnqueueRequest[]): Promise<readonly EnqueueOutcome[]> {
  const asked = await Promise.all(requests.map(request => prepareOrRefuse(deps, request)))
  const queues = hasWindows(deps.runner) ? asked.flatMap(one => ('job' in one ? [one.job.queue] : [])) : []
  // Only for jobs whose queue has one.
  const windows = hasWindows(deps.runner, queues) ? await import('../gates/window.ts') : undefined
  const prepared = windows === undefined ? asked : await windows.withinWindow(deps, asked)
  const { ready, outcomes: unstored } = await withPayloads(
    deps,
    prepared.filter((one): one is Prepared => 'job' in one),
  )
  const unique = ready.filter((one): one is PreparedUnique => one.unique !== undefined)
  const others = ready.filter(one => one.unique === undefined)
  const fresh = others.filter(({ idempotencyKey }) => idempotencyKey === undefined)
  const keyed = others.filter(({ idempotencyKey }) => idempotencyKey !== undefined)
  const placed = await Promise.all([
    placeFresh(deps, fresh),
    placeKeyed(deps, keyed),
    unique.length === 0 ? [] : placedUnique(deps, unique),
  ])
  const outcomes = new Map([...unstored, ...placed.flatMap(one => [...one])])
  await windows?.queueUpAll(deps, outcomes)
  return prepared.map(one => ('job' in one ? report(deps, one, outcomes.get(one)) : one))
}

/** Loaded with the first of them: no cold start reads what only unique jobs need. */
async function placedUnique(
  deps: Deps,
  unique: readonly PreparedUnique[],
): Promise<Iterable<[Prepared, EnqueueOutcome]>> {
  const { placeUnique } = await import('./place-unique.ts')
  return placeUnique(deps, unique, asked => insertAll(deps, asked))
}

/** Puts the inputs that their items do not hold; a job whose input could not be put is not placed. */
async function withPayloads(deps: Deps, all: readonly Prepared[]) {
  const large = all.filter(({ payload }) => payload !== undefined)
  const errors = await putPayloads(
    deps,
    large.flatMap(({ payload }) => payload ?? []),
  )
  const outcomes: Placed = new Map()
  for (const [index, one] of large.entries()) {
    const error = errors[index]
    if (error !== undefined) outcomes.set(one, unwritten(one.job.id, error))
  }
  return { ready: outcomes.size === 0 ? all : all.filter(one => !outcomes.has(one)), outcomes }
}

/** Enqueues one job. @throws LamplighterError when it was refused; nothing was written or sent then */
export async function enqueue(deps: Deps, request: EnqueueRequest): Promise<Enqueued> {
  const [outcome] = await enqueueMany(deps, [request])
  if (outcome?.kind === 'enqueued') return outcome
  throw outcome?.error ?? new Unavailable('enqueue', 'no answer')
}

async function prepareOrRefuse(deps: Deps, request: EnqueueRequest): Promise<Prepared | EnqueueOutcome> {
  try {
    return await prepare(deps, request)
  } catch (error) {
    return { kind: 'refused', error: error instanceof LamplighterError ? error : unreadable(error) }
  }
}

/** A getter of the request, or a proxy, that throws: one such entry must not reject the others. */
function unreadable(cause: unknown): InvalidInput {
  const error = describedInput('job', 'a request that throws when it is read', 'plain data')
  error.cause = cause
  return error
}

type Placed = Map<Prepared, EnqueueOutcome>

/** Random ids: nobody else can have them, so the message may overtake the put. It waits for the item then. */
async function placeFresh(deps: Deps, fresh: readonly Prepared[]): Promise<Placed> {
  const toSend = fresh.filter(({ send }) => send !== undefined)
  const sendings = toSend.map(({ job, send }) => ({ job, delayMs: send?.delayMs ?? 0 }))
  const [inserted, sent] = await Promise.all([insertAll(deps, fresh), sendMessages(deps, sendings)])
  const placed = new Map(fresh.map((one, index) => [one, outcomeOf(one, inserted[index])]))
  const unsent = toSend.filter((one, index) => sent[index] !== true && placed.get(one)?.kind === 'enqueued')
  await pullUnsent(
    deps,
    unsent.map(({ job }) => job),
  )
  return placed
}

/** Ids from a key: put first, and send only for the jobs that this put made, or each repeat would send once more. */
async function placeKeyed(deps: Deps, keyed: readonly Prepared[]): Promise<Placed> {
  const inserted = await insertAll(deps, keyed)
  const placed: Placed = new Map()
  for (const [index, one] of keyed.entries()) placed.set(one, await keyedOutcome(deps, one, inserted[index]))
  await sendCreated(deps, keyed, placed)
  return placed
}

async function sendCreated(deps: Deps, all: readonly Prepared[], placed: Placed): Promise<void> {
  const created = all.filter(one => {
    const outcome = placed.get(one)
    return outcome?.kind === 'enqueued' && outcome.created
  })
  await sendOrPull(
    deps,
    created.flatMap(({ job, send }) => (send === undefined ? [] : [{ job, delayMs: send.delayMs }])),
  )
}

/** Places jobs of a group: each has an id of its own, and what is there under it is that job. */
export async function insertPrepared(deps: Deps, all: readonly Prepared[]): Promise<readonly EnqueueOutcome[]> {
  const { ready, outcomes } = await withPayloads(deps, all)
  const inserted = await insertAll(deps, ready)
  for (const [index, one] of ready.entries()) {
    const outcome = inserted[index]
    const isOthers = outcome?.kind === 'exists' && !isOwnRequest(outcome.job, one.job.request ?? '')
    const { id, state } = one.job
    outcomes.set(one, isOthers ? { kind: 'enqueued', id, state, created: false } : outcomeOf(one, outcome))
  }
  await sendCreated(deps, ready, outcomes)
  return all.map(one => report(deps, one, outcomes.get(one)))
}

/** An input that the stored item does not hold is fetched, to be compared with the one that was asked for. */
async function keyedOutcome(deps: Deps, one: Prepared, outcome: InsertOutcome | undefined): Promise<EnqueueOutcome> {
  if (outcome?.kind !== 'exists' || outcome.job?.ref === undefined) return outcomeOf(one, outcome)
  try {
    const loaded = await loadInput(deps, outcome.job)
    // What is gone cannot differ any more: the key is still this job's.
    const input = loaded.kind === 'loaded' ? loaded.input : one.input
    return outcomeOf(one, { kind: 'exists', job: { ...outcome.job, input } })
  } catch (error) {
    return unwritten(one.job.id, error)
  }
}

/** Inserts, and tries again those whose fate is unknown: a repeat of our own put is recognised by its token. */
function insertAll(deps: Deps, prepared: readonly Prepared[]): Promise<readonly InsertOutcome[]> {
  const jobs = prepared.map(({ job }) => job)
  // A process that stood still: by now a job may have ended and been deleted, and the repeat would bring it back.
  const until = Math.min(...jobs.map(({ insertedAt }) => insertedAt)) + maxPutAgeMs
  return repeatFailed(jobs, asked => deps.store.insert(asked), mayYetBeWritten, { clock: deps.clock, delaysMs, until })
}

/** Says what is wrong with the write itself; a fault of the store or the network does not. */
const isOurs = (error: unknown): error is Unwritable | InvalidInput =>
  error instanceof Unwritable || error instanceof InvalidInput

/** A write that is wrong in itself will be so the next time. */
const mayYetBeWritten = (outcome: InsertOutcome): boolean => outcome.kind === 'failed' && !isOurs(outcome.error)

function outcomeOf({ job, input, idempotencyKey }: Prepared, outcome: InsertOutcome | undefined): EnqueueOutcome {
  const created: Enqueued = { kind: 'enqueued', id: job.id, state: job.state, created: true }
  switch (outcome?.kind) {
    case 'inserted':
      return created
    case 'exists':
      // Nobody else can have a random id. One made from a key is mine while it carries my token.
      if (idempotencyKey === undefined || isOwnRequest(outcome.job, job.request ?? '')) return created
      return existing({ ...job, input }, idempotencyKey, outcome.job)
    case 'failed':
      if (isOurs(outcome.error)) return { kind: 'refused', error: outcome.error }
      return unwritten(job.id, outcome.error)
    case undefined:
      return { kind: 'refused', error: new Unavailable(`job ${job.id} could not be written`, 'no answer') }
  }
}

const unwritten = (id: string, error: unknown): EnqueueOutcome => ({
  kind: 'refused',
  error: isOurs(error) ? error : new Unavailable(`job ${id} could not be written`, error),
})

/** What the job that has the id of a request means for it. */
export function existing(asked: Job, key: string, stored: Job | undefined): EnqueueOutcome {
  if (stored === undefined) {
    return { kind: 'refused', error: new Unavailable(`job ${asked.id} could not be written`, 'its id is taken') }
  }
  const isSame = stored.type === asked.type && sameJsonText(stored.input, asked.input)
  return isSame
    ? { kind: 'enqueued', id: stored.id, state: stored.state, created: false }
    : { kind: 'refused', error: new IdempotencyConflict(stored.id, key) }
}

function report(deps: Deps, { job }: Prepared, outcome: EnqueueOutcome | undefined): EnqueueOutcome {
  if (outcome === undefined) return { kind: 'refused', error: new Unavailable(`job ${job.id}`, 'no answer') }
  if (outcome.kind === 'enqueued') {
    const { id, state, created: isNew } = outcome
    deps.telemetry.emit({ name: 'job_enqueued', id, type: job.type, queue: job.queue, state, isNew })
  }
  return outcome
}

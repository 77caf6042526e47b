/** Places jobs whose id is made from a unique key. What is stored under the id decides; whoever is refused decides again. */
import { decideUnique, type UniqueDecision } from '../../core/decide/unique-job.ts'
import { homeOf } from '../../core/definition/home.ts'
import type { EnqueueOutcome } from '../../core/definition/job-request.ts'
import { contractOf } from '../../core/definition/runner.ts'
import type { UniqueAction, UniqueRule } from '../../core/definition/unique.ts'
import { generationOf, type Job } from '../../core/job/job.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { askAgainIfStarted, contentOf, renewIfEnded, replaceIfWaiting } from '../../core/transitions/unique.ts'
import { InvalidInput, LamplighterError, Unavailable, UniqueConflict, Unwritable } from '../../core/values/errors.ts'
import { groupBy, mapBounded } from '../../core/values/lists.ts'
import { maxPutAgeMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import type { InsertOutcome } from '../../ports/job-store.ts'
import { beginNext, sendingOf } from '../begin-next.ts'
import { sendOrPull } from '../send.ts'
import { write } from '../write.ts'
import type { Prepared } from './prepare.ts'

/** A job of this key that somebody else changes each time between reading and writing. */
const maxRounds = 12
/** Keys that are settled at once. */
const keysAtOnce = 25
const delaysMs = [100, 400]

export type PreparedUnique = Prepared & { readonly unique: UniqueRule }

type Insert = (all: readonly Prepared[]) => Promise<readonly InsertOutcome[]>

/** @param insert puts those whose id is absent, and repeats what was not answered */
export async function placeUnique(
  deps: Deps,
  all: readonly PreparedUnique[],
  insert: Insert,
): Promise<Map<Prepared, EnqueueOutcome>> {
  const byId = [...groupBy(all, ({ job }) => job.id).values()]
  // The first of each key, in one batch. A debounced job is mostly there, and a refused put costs a unit.
  const firsts = byId.flatMap(([first]) =>
    first === undefined || first.unique.onConflict === 'replace' ? [] : [first],
  )
  const inserted = firsts.length === 0 ? [] : await insert(firsts)
  const known = new Map(firsts.map((one, index) => [one, inserted[index]]))
  const placed = new Map<Prepared, EnqueueOutcome>()
  await mapBounded(byId, keysAtOnce, async same => {
    // One after the other, as if they had come so.
    for (const one of same) placed.set(one, await placeOne(deps, one, { insert, inserted: known.get(one) }))
  })
  return placed
}

interface Putting {
  readonly insert: Insert
  /** What its put was answered, if it was tried. */
  readonly inserted: InsertOutcome | undefined
}

async function placeOne(deps: Deps, one: PreparedUnique, putting: Putting): Promise<EnqueueOutcome> {
  try {
    return await settle(deps, one, putting)
  } catch (error) {
    return {
      kind: 'refused',
      error: error instanceof LamplighterError ? error : new Unavailable(`job ${one.job.id}`, error),
    }
  }
}

async function settle(deps: Deps, one: PreparedUnique, { insert, inserted }: Putting): Promise<EnqueueOutcome> {
  const { job, unique } = one
  let outcome = inserted
  let stored = outcome === undefined ? (await deps.store.get([job.id]))[0] : undefined
  /** What this request last tried to do: a write that was carried out unanswered is recognised by its token. */
  let tried: UniqueAction = 'created'
  for (let round = 0; round < maxRounds; round += 1) {
    if (stored === undefined) {
      outcome ??= (await insert([one]))[0]
      if (outcome?.kind === 'inserted') return created(deps, one)
      if (outcome?.kind !== 'exists') throw unwritten(job.id, outcome)
      stored = outcome.job ?? (await deps.store.get([job.id]))[0]
      outcome = undefined
      // It was there when the put came, and is gone: once more.
      if (stored === undefined) continue
    }
    // A process that stood still must not change what has come since.
    if (deps.clock.now() > job.insertedAt + maxPutAgeMs) throw new Unavailable(`job ${job.id}`, 'it took too long')
    const decision = decideUnique(stored, unique, job.request ?? '')
    if (decision.kind === 'mine') {
      // An unanswered put: it was carried out, and nothing has been sent.
      if (tried === 'created') await sendOrPull(deps, sendingOf(stored, deps.clock.now()))
      return answered(stored, tried)
    }
    if (decision.kind === 'existing') return answered(stored, 'existing')
    if (decision.kind === 'conflict') throw new UniqueConflict(job.id, stored.state, unique.key)
    if (decision.kind === 'unknown') throw new Unavailable(`job ${job.id}`, 'a later release wrote it')
    if (decision.kind === 'beginNext') {
      await beginNext(deps, stored)
      stored = (await deps.store.get([job.id]))[0]
      continue
    }
    tried = actionOf(decision)
    const transition = transitionOf(deps, one, stored, decision)
    const written = await write(deps, { id: job.id, transition, seen: stored }, { delaysMs })
    if (written.kind === 'failed') throw unwritten(job.id, written)
    if (written.kind === 'refused') {
      stored = written.job
      continue
    }
    if (transition.set.lane !== undefined) await sendOrPull(deps, sendingOf(written.job, deps.clock.now()))
    return answered(written.job, tried)
  }
  throw new Unavailable(`job ${job.id}`, 'it keeps changing')
}

type Writing = Exclude<UniqueDecision, { kind: 'existing' | 'conflict' | 'mine' | 'beginNext' | 'unknown' }>

function actionOf(decision: Writing): UniqueAction {
  if (decision.kind === 'askAgain') return decision.action
  return decision.kind === 'renew' ? 'created' : 'replaced'
}

function transitionOf(deps: Deps, { job, unique }: PreparedUnique, stored: Job, decision: Writing): Transition {
  const content = contentOf(job)
  if (decision.kind === 'askAgain') return askAgainIfStarted(stored, content)
  const { policy } = contractOf(deps.runner, job.type)
  // Its contract is known, so that it has a queue.
  const home = homeOf(deps.runner, job) ?? { queue: job.queue, shard: job.shard, lane: job.lane ?? '' }
  const placing = { home, now: deps.clock.now(), policy }
  return decision.kind === 'renew'
    ? renewIfEnded(stored, content, placing)
    : replaceIfWaiting(stored, content, placing, unique.maxWaitMs)
}

async function created(deps: Deps, { job, send }: PreparedUnique): Promise<EnqueueOutcome> {
  if (send !== undefined) await sendOrPull(deps, [{ job, delayMs: send.delayMs }])
  return answered(job, 'created')
}

const answered = (job: Job, action: UniqueAction): EnqueueOutcome => ({
  kind: 'enqueued',
  id: job.id,
  state: job.state,
  created: action === 'created',
  action,
  generation: generationOf(job) + (action === 'queuedBehind' ? 1 : 0),
})

function unwritten(id: string, failed: { readonly error?: unknown } | undefined): LamplighterError {
  const error = failed?.error
  return error instanceof Unwritable || error instanceof InvalidInput
    ? error
    : new Unavailable(`job ${id} could not be written`, error ?? 'no answer')
}

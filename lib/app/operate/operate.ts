/** What an operator does with one job. Every act is guarded by what was read; a job that moved meanwhile is read again. */
import { homeless } from '../../core/decide/due-job.ts'
import { homeOf } from '../../core/definition/home.ts'
import type { EnqueueOptions } from '../../core/definition/job-request.ts'
import { atGate } from '../../core/definition/limit.ts'
import { contractOf, hasWindows, policyOf } from '../../core/definition/runner.ts'
import { tenantOf } from '../../core/definition/tenant.ts'
import { actsPossibleIn, type JobAct, versionOf } from '../../core/job/acts.ts'
import { isExpired, isTerminal, isUnderstood, type Job, type JobState } from '../../core/job/job.ts'
import { adoptIfAvailable, adoptIfStray, isInLiveShape } from '../../core/transitions/adopt.ts'
import { cancelIfSeen, requestCancelIfRunning } from '../../core/transitions/cancel.ts'
import { deleteIfIdle } from '../../core/transitions/delete.ts'
import { placementFor } from '../../core/transitions/enqueue.ts'
import { endUnrun } from '../../core/transitions/recover.ts'
import { type Fresh, type Replacing, requeueIfEnded, rescheduleIfWaiting } from '../../core/transitions/requeue.ts'
import type { Asked, Transition } from '../../core/transitions/transition.ts'
import { isBeyondWindow, placedInLine } from '../../core/transitions/window.ts'
import { objectIn, refuseUnknownKeys } from '../../core/values/check-options.ts'
import { InvalidInput, PreconditionFailed, Unavailable } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { fromJsonText, toJsonText } from '../../core/values/json.ts'
import { maxItemBytes } from '../../core/values/quotas.ts'
import { itemReserveBytes, minDeleteAgeMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { followedUp } from '../begin-next.ts'
import { checkInput } from '../check-input.ts'
import { dueAtOf } from '../enqueue/prepare.ts'
import { gateFor } from '../gates/gate-for.ts'
import { checkPayloadLasts } from '../payloads.ts'
import { sendOrPull } from '../send.ts'
import { tenantFor } from '../tenant-for.ts'
import { newRequestToken } from '../tokens.ts'
import { report, write } from '../write.ts'

/** The act fits no job in this state; nothing was changed. */
export interface NotPossible {
  readonly kind: 'notPossible'
  readonly state: JobState
  readonly why: string
  /** What the job takes instead; empty for one that a later release wrote. */
  readonly possible: readonly JobAct[]
}
export interface NotFound {
  readonly kind: 'notFound'
}

export type CancelOutcome =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'cancelRequested' }
  | NotPossible
  | NotFound
export type PlaceOutcome = { readonly kind: 'placed'; readonly state: JobState } | NotPossible | NotFound
export type DeleteOutcome = { readonly kind: 'deleted' } | NotPossible | NotFound

/** When a job is to run again. */
export type When = Pick<EnqueueOptions, 'delay' | 'delayMs' | 'runAt'>

/** Which version of the job the caller has seen, as `versionOf` gives it; acts on no other. @default any */
export interface Expected {
  readonly version?: string
}

type Decision<Done> =
  | {
      readonly kind: 'write'
      readonly transition: Transition
      done(job: Job): Promise<Done> | Done
    }
  | { readonly kind: 'no'; readonly why: string }

interface Act<Done> {
  readonly name: JobAct
  readonly expected: Expected | undefined
  decide(job: Job, now: number): Decision<Done> | Promise<Decision<Done>>
}

const maxTries = 4

/** @throws InvalidInput */
export function checkId(id: unknown): asserts id is string {
  if (typeof id !== 'string' || id === '') throw new InvalidInput('id', id, 'the id of a job: text that is not empty')
}

/**
 * Reads, decides, writes; again while somebody else is faster.
 * @throws InvalidInput for an id that is no text; Unavailable when the store does not answer, or the job keeps changing
 * @throws PreconditionFailed when the job is at another version
 */
async function actOn<Done>(deps: Deps, id: string, act: Act<Done>): Promise<Done | NotPossible | NotFound> {
  checkId(id)
  const version = act.expected?.version
  let [job] = await deps.store.get([id])
  for (let tries = 0; tries < maxTries; tries += 1) {
    if (job === undefined) return { kind: 'notFound' }
    if (version !== undefined && version !== versionOf(job)) {
      throw new PreconditionFailed(`job ${id}`, version, versionOf(job))
    }
    if (!isUnderstood(job)) return ofLaterRelease(job)
    const decision = await act.decide(job, deps.clock.now())
    if (decision.kind === 'no') return notPossible(job, decision.why, act.name)
    const { transition } = decision
    const written = await write(deps, { id, transition }, { delaysMs: [] })
    if (written.kind === 'failed') throw new Unavailable(transition.name, written.error)
    if (written.kind === 'written') return decision.done(written.job)
    // A delete that was carried out, and whose answer was lost, finds nothing any more.
    if (written.job === undefined && transition.deletes === true) {
      report(deps, transition, job)
      return decision.done(job)
    }
    job = written.job
  }
  throw new Unavailable(`job ${id}`, 'it keeps changing')
}

/** The act itself may be refused for another reason than the state. */
export const notPossible = ({ state }: Job, why: string, act: JobAct | 'signal'): NotPossible => ({
  kind: 'notPossible',
  state,
  why,
  possible: actsPossibleIn(state).filter(one => one !== act),
})

const ofLaterRelease = ({ state }: Job): NotPossible => ({
  kind: 'notPossible',
  state,
  why: 'a later release of Lamplighter wrote the job; use that one',
  possible: [],
})

const no = (why: string) => ({ kind: 'no', why }) as const

const askedFor = (deps: Deps, job: Job, now: number): Asked => ({
  now,
  request: newRequestToken(deps.random),
  policy: policyOf(deps.runner, job.type),
})

/** What to cancel. */
export interface CancelOptions {
  /** Also the job that is to follow it under its unique key. @default false */
  readonly alsoNext?: boolean
}

/** T15, T18. A waiting job ends at once; a running one is asked to stop, and no attempt follows. */
export async function cancel(
  deps: Deps,
  id: string,
  expected?: Expected,
  options: CancelOptions = {},
): Promise<CancelOutcome> {
  objectIn('cancel', options)
  refuseUnknownKeys('cancel', options, ['alsoNext'])
  const { alsoNext = false } = options
  if (typeof alsoNext !== 'boolean') throw new InvalidInput('cancel.alsoNext', alsoNext, 'true or false')
  const ended = async (job: Job): Promise<CancelOutcome> => {
    await followedUp(deps, job)
    await withChildren(deps, job)
    return { kind: 'cancelled' }
  }
  const decide = (job: Job, now: number): Decision<CancelOutcome> => {
    if (isTerminal(job.state)) return no('the job has ended')
    const asked = askedFor(deps, job, now)
    if (job.state !== 'IN_PROGRESS') {
      return { kind: 'write', transition: cancelIfSeen(job, asked, alsoNext), done: ended }
    }
    const isLeaseOver = (job.leaseUntil ?? 0) < now
    if (isLeaseOver && job.cancelRequestedAt !== undefined) {
      return { kind: 'write', transition: endUnrun(job, 'cancelled', asked), done: ended }
    }
    const transition = requestCancelIfRunning(now, asked.request, alsoNext)
    const requested = async (flagged: Job): Promise<CancelOutcome> => {
      await withChildren(deps, flagged)
      return { kind: 'cancelRequested' }
    }
    return { kind: 'write', transition, done: requested }
  }
  return actOn(deps, id, { name: 'cancel', expected, decide })
}

/** A job of a type that makes none has no children, and costs nothing here. */
async function withChildren(deps: Deps, job: Job): Promise<void> {
  const { jobs } = deps.runner
  const contract = Object.hasOwn(jobs, job.type) ? jobs[job.type] : undefined
  if (contract?.enqueues === undefined && job.batch === undefined) return
  const { cancelChildren } = await import('../workflow/cancel-children.ts')
  await cancelChildren(deps, job)
}

/** When a job that has ended is to run again, and with which input. */
export interface Again extends When {
  /** In place of the job's own; checked as at enqueue. @default the input as it is */
  readonly input?: unknown
}

/**
 * T16. A job that has ended runs again as a new generation, with all its attempts, in its contract's queue.
 * @throws InputRefused, JobTooLarge, UnknownType for a changed input: nothing was written
 */
export async function requeue(deps: Deps, id: string, again: Again = {}, expected?: Expected): Promise<PlaceOutcome> {
  const { input, ...when } = again
  const text = input === undefined ? undefined : toJsonText('input', input, maxItemBytes - itemReserveBytes)
  let fresh: Fresh | undefined
  return place(deps, id, when, {
    name: 'retry',
    expected,
    replacesInput: text !== undefined,
    transition: (job, replacing) => requeueIfEnded(job, { ...replacing, ...(fresh === undefined ? {} : { fresh }) }),
    whyNot: job => (isTerminal(job.state) ? undefined : 'only a job that has ended can be requeued'),
    // What is stored is checked, not what was given: the handler gets what JSON text gives back.
    check: async ({ type }) => {
      if (text === undefined) return
      const contract = contractOf(deps.runner, type)
      const output = await checkInput(contract, fromJsonText(text))
      fresh = { input: text, tenant: tenantOf(contract, output), ...atGate(deps.runner, contract, output) }
    },
  })
}

const waitingOnly = { transition: rescheduleIfWaiting, whyNot: whyNotWaiting }

/** T16. A job that waits gets another time. */
export async function reschedule(deps: Deps, id: string, when: When, expected?: Expected): Promise<PlaceOutcome> {
  if (when.delay === undefined && when.delayMs === undefined && when.runAt === undefined) {
    throw new InvalidInput('runAt', undefined, 'one of delay, delayMs, runAt')
  }
  return place(deps, id, when, { ...waitingOnly, name: 'reschedule', expected })
}

/** T16. A job that waits runs now; its message goes out at once. */
export async function runNow(deps: Deps, id: string, expected?: Expected): Promise<PlaceOutcome> {
  return place(deps, id, {}, { ...waitingOnly, name: 'run', expected })
}

function whyNotWaiting(job: Job): string | undefined {
  if (isTerminal(job.state)) return 'the job has ended; retry it instead'
  return job.state === 'IN_PROGRESS' ? 'the job is running' : undefined
}

interface Placing extends Omit<Act<PlaceOutcome>, 'decide'> {
  /** The job gets another input: what became of its own does not matter. */
  readonly replacesInput?: boolean
  readonly transition: (job: Job, replacing: Replacing) => Transition
  whyNot(job: Job): string | undefined
  /** Throws for what must not be written. */
  check?(job: Job): Promise<void>
}

async function place(deps: Deps, id: string, when: When, placing: Placing): Promise<PlaceOutcome> {
  const { name, expected } = placing
  const dueAt = dueAtOf(when, deps.clock.now())
  const decide = async (job: Job, now: number): Promise<Decision<PlaceOutcome>> => {
    const why = placing.whyNot(job)
    if (why !== undefined) return no(why)
    if (name !== 'retry' && isExpired(job, dueAt)) return no(`the job must start by ${formatInstant(job.startBy ?? 0)}`)
    if (placing.replacesInput !== true) await checkPayloadLasts(deps, job, dueAt)
    const home = homeOf(deps.runner, job)
    // Its message would have no queue to go to.
    if (home === undefined) return no(homeless(job))
    await placing.check?.(job)
    const asked = { ...askedFor(deps, job, now), home }
    if (!isTerminal(job.state) && !isInLiveShape(job)) {
      // An item that a console edit or a foreign writer left is no job yet: first T19, as the sweeper would.
      const adopt = job.state === 'AVAILABLE' ? adoptIfAvailable : adoptIfStray
      // The adoption itself makes another version of it.
      const again = { ...placing, expected: undefined }
      const adopting = { ...asked, tenant: await tenantFor(deps, job), ...(await gateFor(deps, job)) }
      return { kind: 'write', transition: adopt(job, adopting), done: () => place(deps, id, when, again) }
    }
    const transition = placing.transition(job, { ...asked, dueAt })
    const isBeyond = name !== 'run' && (await hasNoRoom(deps, job, transition))
    const done = async (placed: Job): Promise<PlaceOutcome> => {
      if (isBeyondWindow(placed)) {
        await (await windows()).queueUpJobs(deps, [placed])
        return { kind: 'placed', state: placed.state }
      }
      // After the write, never next to it: a message of the new fence that came first would wait for nothing.
      const { send } = placementFor(placed.scheduledAt, now, asked.policy)
      if (send !== undefined) await sendOrPull(deps, [{ job: placed, delayMs: send.delayMs }])
      return { kind: 'placed', state: placed.state }
    }
    return { kind: 'write', transition: isBeyond ? placedInLine(transition, now) : transition, done }
  }
  return actOn(deps, id, { name, expected, decide })
}

/** Loaded with the first job of a queue that has a window. */
const windows = () => import('../gates/window.ts')

/** Whether the job's message would go out now, and its queue has a window, and no room. Run now goes past the line. */
async function hasNoRoom(deps: Deps, job: Job, { set }: Transition): Promise<boolean> {
  const { queue = job.queue, state } = set
  if (state !== 'RESERVED' || !hasWindows(deps.runner, [queue])) return false
  const placed = { ...job, queue }
  return (await (await windows()).withoutRoom(deps, [placed])).has(placed)
}

/** T17. Not while it runs, and not within its first five minutes. */
export const remove = (deps: Deps, id: string, expected?: Expected): Promise<DeleteOutcome> =>
  actOn<DeleteOutcome>(deps, id, { name: 'delete', expected, decide: deletion })

function deletion(job: Job, now: number): Decision<DeleteOutcome> {
  if (job.state === 'IN_PROGRESS') return no('the job is running; cancel it first')
  const deletableAt = job.insertedAt + minDeleteAgeMs
  if (deletableAt > now) {
    return no(`a job can be deleted five minutes after it was enqueued: from ${formatInstant(deletableAt)} on`)
  }
  return { kind: 'write', transition: deleteIfIdle(now), done: () => ({ kind: 'deleted' }) }
}

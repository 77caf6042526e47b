/**
 * The line before a queue with a window: jobs that wait in the table until the queue has room, by priority, then by the time
 * at which they were due.
 *
 * A job is put first, then its ticket. It is handed out first (T5), then its message sent, then its ticket removed. A crash in
 * between leaves a job without a ticket, which its own look brings into line; a job with a hold, as any; or a ticket of
 * nobody, which the next one who looks removes.
 */
import { homeOf } from '../../core/definition/home.ts'
import { policyOf } from '../../core/definition/runner.ts'
import { isExpired, isUnderstood, type Job } from '../../core/job/job.ts'
import { behindSince, catchUpIfSeen, fallBehindIfNot } from '../../core/records/behind.ts'
import { jobOfTicket, leaveLineIfSeen, queueUp, ticketTimes } from '../../core/records/gate.ts'
import { queueKey, ticketKey, ticketPrefix } from '../../core/records/keys.ts'
import type { RecordKey, StoredRecord } from '../../core/records/record.ts'
import { expireIfSeen } from '../../core/transitions/cancel.ts'
import { dispatchIfSeen } from '../../core/transitions/dispatch.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { type BeyondWindow, isBeyondWindow } from '../../core/transitions/window.ts'
import { Unavailable } from '../../core/values/errors.ts'
import { repeatFailed } from '../../core/values/repeat-failed.ts'
import type { Deps } from '../../ports/deps.ts'
import type { RecordUpdate, UpdateOutcome } from '../../ports/record-store.ts'
import { pullUnsent, sendOrPull } from '../send.ts'
import { newRequestToken } from '../tokens.ts'
import { type Written, writeAll } from '../write.ts'
import { changed, type GateDeps, read } from './places.ts'

/** Beyond the SDK's own retries. */
const delaysMs = [100, 400]
const patience = { delaysMs: [200] }
/** Jobs that one round hands out: one batch of statements. */
const mostAtOnce = 25
/** Read on: a job in front that cannot be handed out now must not keep the others waiting. */
const spare = 5
/** 10,000 jobs, or as many tickets of nobody. */
const maxRounds = 400

/** The same for whoever writes it, as long as the job waits: its times do not change meanwhile. */
export const ticketKeyOf = ({ id, queue, priority = 0, scheduledAt }: BeyondWindow): RecordKey =>
  ticketKey(queueKey(queue), { priority, since: scheduledAt, jobId: id })

/** After the jobs were put, never before: see the file's head. @returns those of whose tickets nobody knows */
export async function takeTickets(deps: GateDeps, jobs: readonly BeyondWindow[]): Promise<readonly BeyondWindow[]> {
  const now = deps.clock.now()
  const updates = jobs.map(job => ({ key: ticketKeyOf(job), change: queueUp(job.id, job.parked, now) }))
  const outcomes = await updated(deps, updates)
  return jobs.filter((_, index) => outcomes[index]?.kind !== 'applied')
}

const updated = ({ records, clock }: GateDeps, updates: readonly RecordUpdate[]): Promise<readonly UpdateOutcome[]> =>
  repeatFailed<RecordUpdate, UpdateOutcome>(
    updates,
    asked => records.update(asked).catch(unanswered(asked.length)),
    ({ kind }) => kind === 'failed',
    { clock, delaysMs },
  )

/** The whole call failed: each of its entries has. */
const unanswered =
  (count: number) =>
  (error: unknown): readonly UpdateOutcome[] =>
    Array.from({ length: count }, () => ({ kind: 'failed', error: new Unavailable('records', error) }))

/**
 * For jobs whose look has come: each has its ticket afterwards. In the usual case that is so already, and costs reads only.
 * @returns the ids of those of which nobody knows
 */
export async function keepTickets(deps: GateDeps, jobs: readonly BeyondWindow[]): Promise<readonly string[]> {
  if (jobs.length === 0) return []
  const found = await deps.records.get(jobs.map(ticketKeyOf))
  const missing = jobs.filter((job, index) => found[index]?.attributes['parkedAt'] !== job.parked)
  const failed = await takeTickets(deps, missing)
  return failed.map(({ id }) => id)
}

export interface Filled {
  readonly handedOut: number
  /** Whether nobody is in line any more. */
  readonly isEmpty: boolean
}

/**
 * Hands out the first in line.
 * @param places how many, at most
 * @param aheadMs of those that are not due yet, the ones that will be so soon: SQS delays their messages. @default none
 * @throws Unavailable when the line cannot be read
 */
export async function fill(deps: Deps, queue: string, places: number, aheadMs = 0): Promise<Filled> {
  let handedOut = 0
  for (let round = 0; round < maxRounds && handedOut < places; round += 1) {
    const wanted = Math.min(mostAtOnce, places - handedOut)
    const tickets = await dueInLine(deps, queue, wanted + spare, deps.clock.now() + aheadMs)
    if (tickets.length === 0) break
    const served = await serve(deps, queue, { tickets, wanted })
    handedOut += served.handedOut
    // All that is left cannot be handed out now.
    if (served.handedOut + served.left === 0) break
  }
  return { handedOut, isEmpty: (await firstInLine(deps, queue, 1)).length === 0 }
}

const firstInLine = async (
  deps: Deps,
  queue: string,
  limit: number,
  from?: string,
): Promise<readonly StoredRecord[]> => {
  const query = { id: queueKey(queue).id, prefix: ticketPrefix, limit, isConsistent: true }
  return (await read(deps, () => deps.records.query(from === undefined ? query : { ...query, from }))).records
}

/** The first in line of those that are due by then: jobs join the line up to 90 s before their time. */
async function dueInLine(deps: Deps, queue: string, limit: number, until: number): Promise<readonly StoredRecord[]> {
  const due: StoredRecord[] = []
  for (let from: string | undefined; due.length < limit; ) {
    const tickets = await firstInLine(deps, queue, limit, from)
    const later = tickets.findIndex(ticket => ticketTimes(ticket).since > until)
    due.push(...(later < 0 ? tickets : tickets.slice(0, later)))
    const [stop] = later < 0 ? [] : tickets.slice(later)
    if (stop === undefined) break
    // All that follow at this priority are due later still.
    from = ticketTimes(stop).beyondPriority
  }
  return due.slice(0, limit)
}

interface Serving {
  readonly tickets: readonly StoredRecord[]
  readonly wanted: number
}

/** A ticket, and what is done with its job. */
interface Turn {
  readonly ticket: StoredRecord
  readonly job: BeyondWindow
  readonly transition: Transition
}

/** @returns `left`: tickets that went without a job having been handed out */
async function serve(
  deps: Deps,
  queue: string,
  { tickets, wanted }: Serving,
): Promise<{ readonly handedOut: number; readonly left: number }> {
  const jobs = await read(deps, () => deps.store.get(tickets.map(jobOfTicket), 'control'))
  const gone: StoredRecord[] = []
  const strangers: Job[] = []
  const turns: Turn[] = []
  const now = deps.clock.now()
  let chosen = 0
  for (const [index, ticket] of tickets.entries()) {
    const job = jobs[index]
    if (job !== undefined && !isUnderstood(job)) continue
    if (job === undefined || !isWaitingFor(job, queue, ticket)) {
      // It has ended, runs, or was moved.
      gone.push(ticket)
    } else if (homeOf(deps.runner, job)?.queue !== queue) {
      // Its type has moved, or left: its look moves it.
      strangers.push(job)
      gone.push(ticket)
    } else if (isExpired(job, now)) {
      turns.push({ ticket, job, transition: expireIfSeen(job, asked(deps, job, now)) })
    } else if (chosen < wanted) {
      chosen += 1
      turns.push({ ticket, job, transition: dispatchIfSeen(job, asked(deps, job, now)) })
    }
  }
  await pullUnsent(deps, strangers)
  const written = await writeAll(
    deps,
    turns.map(({ job, transition }) => ({ id: job.id, transition, seen: job })),
    patience,
  )
  const sendings = turns.flatMap(({ transition }, index) => {
    const outcome = written[index]
    return outcome?.kind === 'written' && transition.row === 'T5'
      ? [{ job: outcome.job, delayMs: Math.max(0, outcome.job.scheduledAt - now) }]
      : []
  })
  await sendOrPull(deps, sendings)
  const served = turns.flatMap(({ ticket }, index) => (isOutOfLine(ticket, written[index]) ? [ticket] : []))
  const leaving = [...gone, ...served]
  await updated(
    deps,
    leaving.map(ticket => ({ key: { id: ticket.id, part: ticket.part }, change: leaveLineIfSeen(ticket) })),
  )
  return { handedOut: sendings.length, left: leaving.length - sendings.length }
}

/** `parkedAt` tells one stay of a job from the next. */
const isWaitingFor = (job: Job, queue: string, ticket: StoredRecord): job is BeyondWindow =>
  isBeyondWindow(job) && job.queue === queue && job.parked === ticket.attributes['parkedAt']

const asked = (deps: Deps, job: Job, now: number) => ({
  now,
  request: newRequestToken(deps.random),
  policy: policyOf(deps.runner, job.type),
})

/** Where nobody knows, the ticket stays; and where something else of the job has changed, such as its look. */
function isOutOfLine(ticket: StoredRecord, written: Written | undefined): boolean {
  if (written === undefined || written.kind === 'failed') return false
  return (
    written.kind === 'written' || written.job === undefined || !isWaitingFor(written.job, written.job.queue, ticket)
  )
}

/** The flag goes up: new jobs join the line, and workers hand out as they finish. @returns whether it is up */
export async function fallBehind(deps: GateDeps, queue: string): Promise<boolean> {
  const [outcome] = await updated(deps, [{ key: queueKey(queue), change: fallBehindIfNot(deps.clock.now()) }])
  return outcome !== undefined && outcome.kind !== 'failed'
}

/** Once nobody is in line, and the queue is at most half as deep as it may be. */
export const isShallow = (visible: number, window: number): boolean => visible < Math.max(1, window / 2)

/**
 * The flag goes down before the line is looked at for the last time: a job that joins it from then on finds the flag down,
 * and raises it anew.
 * @param since as the flag was read
 */
export async function catchUp(deps: Deps, queue: string, since: number): Promise<void> {
  await changed(deps, queueKey(queue), catchUpIfSeen(since))
  if ((await firstInLine(deps, queue, 1)).length > 0) await fallBehind(deps, queue)
}

/** @throws Unavailable */
export async function readBehind(deps: Pick<Deps, 'records' | 'clock'>, queue: string): Promise<number | undefined> {
  const [record] = await read(deps, () => deps.records.get([queueKey(queue)]))
  return behindSince(record)
}

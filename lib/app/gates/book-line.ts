/**
 * Hands out the jobs in line of a gate without places, by priority. Where it has a rate, each gets its slot: each tick books a
 * minute and a half, so a late tick leaves no gap. Where nothing limits it any more, all of them go.
 *
 * Slots are taken first, in one write for many jobs. A crash after it wastes them, and the jobs stay in line.
 */
import { policyOf } from '../../core/definition/runner.ts'
import { isExpired, isUnderstood, type Job } from '../../core/job/job.ts'
import { jobOfTicket, leaveLineIfSeen } from '../../core/records/gate.ts'
import { gateKey } from '../../core/records/keys.ts'
import { bookRowIfSeen, tatOf } from '../../core/records/rate.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { expireIfSeen } from '../../core/transitions/cancel.ts'
import { dispatchBookedIfSeen, dispatchIfSeen } from '../../core/transitions/dispatch.ts'
import { nextSlots, type Rate } from '../../core/values/rate.ts'
import type { Deps } from '../../ports/deps.ts'
import { sendOrPull } from '../send.ts'
import { newRequestToken } from '../tokens.ts'
import { type Written, writeAll } from '../write.ts'
import { isParked, type ParkedJob, ticketsOf } from './line.ts'
import { changed, read } from './places.ts'

/** Beyond the SDK's own retries. */
const patience = { delaysMs: [200] }
/** Jobs that one round hands out. */
const mostAtOnce = 200
/** 10,000 jobs: more than a minute and a half of the highest rate. */
const maxRounds = 50

export interface Line {
  /** Absent: nothing limits the gate any more. */
  readonly rate: Rate | undefined
  readonly rounds?: number | undefined
}

/** @returns how many jobs were handed out @throws Unavailable when the gate or its line cannot be read */
export async function bookLine(deps: Deps, gate: string, { rate, rounds = maxRounds }: Line): Promise<number> {
  let handedOut = 0
  for (let round = 0; round < rounds; round += 1) {
    const [record] = rate === undefined ? [] : await read(deps, () => deps.records.get([gateKey(gate)]))
    const tat = tatOf(record)
    const wanted = rate === undefined ? mostAtOnce : nextSlots(tat, rate, deps.clock.now(), mostAtOnce).slots.length
    if (wanted === 0) return handedOut
    const tickets = await ticketsOf(deps, gate, wanted)
    if (tickets.length === 0) return handedOut
    const waiting = await inLine(deps, gate, tickets)
    const booked =
      rate === undefined ? waiting.map(() => undefined) : await bookedFor(deps, { gate, rate, record }, waiting.length)
    // Somebody else books: with other slots, or for the same jobs.
    if (booked === undefined) continue
    const handed = await handOutAll(deps, waiting, booked)
    handedOut += handed
    if (handed === 0 && waiting.length === tickets.length) return handedOut
  }
  return handedOut
}

interface Waiting {
  readonly ticket: StoredRecord
  readonly job: ParkedJob
}

/** Those who wait; tickets of jobs that have ended, run or were moved go, and so do jobs that are too late. */
async function inLine(deps: Deps, gate: string, tickets: readonly StoredRecord[]): Promise<readonly Waiting[]> {
  const jobs = await read(deps, () => deps.store.get(tickets.map(jobOfTicket), 'control'))
  const waiting: Waiting[] = []
  const stale: StoredRecord[] = []
  const late: Waiting[] = []
  for (const [index, ticket] of tickets.entries()) {
    const job = jobs[index]
    if (job !== undefined && !isUnderstood(job)) continue
    if (job === undefined || !isParked(job) || job.gate !== gate) stale.push(ticket)
    else (isExpired(job, deps.clock.now()) ? late : waiting).push({ ticket, job })
  }
  const ended = await writeAll(
    deps,
    late.map(({ job }) => ({ id: job.id, transition: expireIfSeen(job, askedFor(deps, job)), seen: job })),
    patience,
  )
  const gone = late.flatMap(({ ticket }, index) => (isOutOfLine(ended[index]) ? [ticket] : []))
  await leaveAll(deps, [...stale, ...gone])
  return waiting
}

interface Booking {
  readonly gate: string
  readonly rate: Rate
  readonly record: StoredRecord | undefined
}

/** @returns one slot for each, or for as many as there are; undefined when the gate has changed since it was read */
async function bookedFor(
  deps: Deps,
  { gate, rate, record }: Booking,
  count: number,
): Promise<readonly number[] | undefined> {
  if (count === 0) return []
  const now = deps.clock.now()
  const { slots, tatUs } = nextSlots(tatOf(record), rate, now, count)
  if (slots.length === 0) return []
  const { kind } = await changed(deps, gateKey(gate), bookRowIfSeen(record, tatUs, now))
  return kind === 'applied' ? slots : undefined
}

async function handOutAll(deps: Deps, waiting: readonly Waiting[], slots: readonly Slot[]): Promise<number> {
  const going = waiting.slice(0, slots.length).map((one, index) => ({ ...one, slot: slots[index] }))
  const written = await dispatchAll(deps, going)
  const moved = going.flatMap((one, index) => {
    const job = written[index]?.kind === 'refused' ? written[index].job : undefined
    // In line as before: its look has moved, which the same tick does elsewhere. The slot is still its own.
    return job !== undefined && isParked(job) && job.parked === one.job.parked ? [{ ...one, job }] : []
  })
  const again = moved.length === 0 ? [] : await dispatchAll(deps, moved)
  const done = [
    ...going.flatMap((one, index) => ({ ...one, outcome: written[index] })).filter(one => !isAmong(moved, one)),
    ...moved.map((one, index) => ({ ...one, outcome: again[index] })),
  ]
  const sent = done.flatMap(({ slot, outcome }) =>
    outcome?.kind === 'written' ? [{ job: outcome.job, delayMs: slotDelayMs(slot, deps.clock.now()) }] : [],
  )
  await sendOrPull(deps, sent)
  await leaveAll(
    deps,
    done.flatMap(({ ticket, outcome }) => (isOutOfLine(outcome) ? [ticket] : [])),
  )
  return sent.length
}

/** Undefined where the gate has no rate. */
type Slot = number | undefined

interface Going extends Waiting {
  readonly slot: Slot
}

const isAmong = (some: readonly Going[], { ticket }: Going): boolean => some.some(one => one.ticket === ticket)

const dispatchAll = (deps: Deps, going: readonly Going[]): Promise<readonly Written[]> =>
  writeAll(
    deps,
    going.map(({ job, slot }) => {
      const asked = askedFor(deps, job)
      const transition = slot === undefined ? dispatchIfSeen(job, asked) : dispatchBookedIfSeen(job, slot, asked)
      return { id: job.id, transition, seen: job }
    }),
    patience,
  )

/** What could not be written, or was moved within the line, keeps its ticket. */
const isOutOfLine = (outcome: Written | undefined): boolean =>
  outcome?.kind === 'written' || (outcome?.kind === 'refused' && (outcome.job === undefined || !isParked(outcome.job)))

const leaveAll = async (deps: Deps, tickets: readonly StoredRecord[]): Promise<void> => {
  if (tickets.length === 0) return
  // One that stays is removed by the next tick.
  await deps.records.update(tickets.map(ticket => ({ key: ticket, change: leaveLineIfSeen(ticket) })))
}

const askedFor = (deps: Deps, job: Job) => ({
  now: deps.clock.now(),
  request: newRequestToken(deps.random),
  policy: policyOf(deps.runner, job.type),
})

/** For SQS, which counts whole seconds: rounded down, since a message may come a second before its slot. */
export const slotDelayMs = (slot: number | undefined, now: number): number =>
  slot === undefined ? 0 : Math.max(0, Math.floor((slot - now) / 1_000) * 1_000)

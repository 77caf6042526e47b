/**
 * The pump: gives free places of a gate to the jobs in line, each with a slot where the gate has a rate. Called by whoever
 * frees a place of a full gate, by whoever has joined the line, and by the sweeper.
 *
 * A place is promised first, then its job handed out, then its ticket removed. A crash in between leaves a promise, which
 * the sweeper rolls forward, or a ticket without a job, which the next pump removes.
 */
import type { GateLimit } from '../../core/definition/limit.ts'
import { holdMs } from '../../core/definition/policy.ts'
import { policyOf } from '../../core/definition/runner.ts'
import { isExpired, isUnderstood, type Job } from '../../core/job/job.ts'
import { freeIfSeen, gateFrom, jobOfTicket, leaveLineIfSeen, promiseTo } from '../../core/records/gate.ts'
import { gateKey } from '../../core/records/keys.ts'
import { tatOf } from '../../core/records/rate.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { expireIfSeen } from '../../core/transitions/cancel.ts'
import { dispatchBookedIfSeen, dispatchIfSeen } from '../../core/transitions/dispatch.ts'
import { bookedAheadMs, nextSlots } from '../../core/values/rate.ts'
import type { Deps } from '../../ports/deps.ts'
import { limitAt } from '../known-control.ts'
import { sendOrPull } from '../send.ts'
import { newRequestToken } from '../tokens.ts'
import { write } from '../write.ts'
import { bookLine, slotDelayMs } from './book-line.ts'
import { isParked, type ParkedJob, ticketsOf, watchGate } from './line.ts'
import { changed, read, takePlace } from './places.ts'

/** Beyond the SDK's own retries. */
const patience = { delaysMs: [200] }
/** Places that one round fills. */
const mostAtOnce = 25
/** Read on: a job in front that cannot be handed out now must not keep the others waiting. */
const spare = 5
/** A line of jobs that ended, cancelled one by one, takes a round for each page of their tickets. */
const maxRounds = 50

export interface Pumping {
  /** The queue of a job that has just taken its ticket: the sweeper must look at the gate from now on. */
  readonly joined?: string
  /** How often at most jobs are handed out, 200 at once, where no place is asked for. @default 50 */
  readonly rounds?: number
}

/**
 * @returns how many jobs were handed out
 * @throws Unavailable when the gate or its line cannot be read
 */
export async function pump(deps: Deps, gate: string, { joined, rounds }: Pumping = {}): Promise<number> {
  const limit = await limitAt(deps, gate)
  const max = limit?.concurrency
  if (max === undefined) {
    if (joined !== undefined) {
      await watchGate(deps, joined, gate, (await read(deps, () => deps.records.get([gateKey(gate)])))[0])
      // Whoever joins finds each slot of the next minute taken: the ticks hand them out.
      if (limit !== undefined) return 0
    }
    return bookLine(deps, gate, { rate: limit?.rate, rounds })
  }
  let handedOut = 0
  for (let round = 0; round < maxRounds; round += 1) {
    const [record] = await read(deps, () => deps.records.get([gateKey(gate)]))
    // Where it fails, the own look of the job that has joined brings it.
    if (round === 0 && joined !== undefined) await watchGate(deps, joined, gate, record)
    const free = Math.min(mostAtOnce, max - gateFrom(record).held.size)
    if (free <= 0 || !hasSlot(limit, record, deps.clock.now())) return handedOut
    const served: Served[] = []
    // One after the other: the first in line gets the first place.
    for (const ticket of await ticketsOf(deps, gate, free + spare)) {
      served.push(await serve(deps, ticket, { gate, max, rate: limit?.rate, seen: record }))
      if (sent(served) === free || served.at(-1) === 'later') break
    }
    handedOut += sent(served)
    if (served.at(-1) === 'later' || served.every(one => one === 'waits')) return handedOut
  }
  return handedOut
}

/** Whether a slot comes soon enough to be given away now. */
const hasSlot = (limit: GateLimit | undefined, record: StoredRecord | undefined, now: number): boolean =>
  limit?.rate === undefined || nextSlots(tatOf(record), limit.rate, now, 1).slots.length > 0

type Served = 'handedOut' | 'moved' | 'waits' | 'later'
const sent = (served: readonly Served[]): number => served.filter(one => one === 'handedOut').length

interface Serving {
  readonly gate: string
  readonly max: number
  readonly rate: GateLimit['rate']
  readonly seen: StoredRecord | undefined
}

async function serve(deps: Deps, ticket: StoredRecord, { gate, max, rate, seen }: Serving): Promise<Served> {
  const [job] = await read(deps, () => deps.store.get([jobOfTicket(ticket)], 'control'))
  if (job !== undefined && !isUnderstood(job)) return 'waits'
  // It has ended, runs, or was moved: whoever parks it again takes another ticket, after that.
  if (job === undefined || !isParked(job) || job.gate !== gate) return leave(deps, ticket)
  const now = deps.clock.now()
  const policy = policyOf(deps.runner, job.type)
  if (isExpired(job, now)) {
    const asked = { now, request: newRequestToken(deps.random), policy }
    const ended = await write(deps, { id: job.id, transition: expireIfSeen(job, asked), seen: job }, patience)
    return ended.kind === 'failed' ? 'waits' : leave(deps, ticket)
  }
  const fence = job.fence + 1
  const permit = { by: promiseTo(fence), until: now + holdMs(policy, 0) + (rate === undefined ? 0 : bookedAheadMs) }
  const asked = { gate, jobId: job.id, permit, max, fence, isPromised: false, seen }
  const booking = rate === undefined ? {} : { booking: { rate, aheadMs: bookedAheadMs } }
  const place = await takePlace(deps, { ...asked, ...booking })
  if (place.kind !== 'taken') return place.kind === 'later' ? 'later' : 'waits'
  const handed = await handOut(deps, job, place.slot)
  if (handed === 'handedOut') await leave(deps, ticket)
  return handed
}

async function leave(deps: Deps, ticket: StoredRecord): Promise<'moved'> {
  const { id, part } = ticket
  await changed(deps, { id, part }, leaveLineIfSeen(ticket))
  return 'moved'
}

/**
 * T5 of a job whose place is promised, and its message. `moved`: somebody changed it meanwhile.
 * @param slot absent: the gate has no rate, or its slot was lost; then the message asks for another
 */
export async function handOut(deps: Deps, job: ParkedJob, slot?: number): Promise<Served> {
  const asked = {
    now: deps.clock.now(),
    request: newRequestToken(deps.random),
    policy: policyOf(deps.runner, job.type),
  }
  const transition = slot === undefined ? dispatchIfSeen(job, asked) : dispatchBookedIfSeen(job, slot, asked)
  const written = await write(deps, { id: job.id, transition, seen: job }, patience)
  if (written.kind === 'written') {
    await sendOrPull(deps, [{ job: written.job, delayMs: slotDelayMs(slot, asked.now), isPromised: true }])
    return 'handedOut'
  }
  // Nobody knows: the sweeper rolls the promise forward, or the job's own hold sends another message.
  if (written.kind === 'failed') return 'waits'
  if (!keepsPromise(written.job, job.fence + 1)) {
    await changed(deps, gateKey(job.gate), freeIfSeen(job.id, { by: promiseTo(job.fence + 1) }))
  }
  return 'moved'
}

/** Somebody else has handed it out meanwhile: its message will ask for the place. */
const keepsPromise = (job: Job | undefined, fence: number): boolean =>
  job !== undefined && ['SCHEDULED', 'RESERVED', 'IN_PROGRESS'].includes(job.state) && job.fence === fence

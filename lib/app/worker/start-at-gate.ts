/** The start of a job with a gate: a place and a slot first, then the job; or into the line. Loaded when such a job comes. */
import { decideRefusedStart, hasSlot } from '../../core/decide/refused-start.ts'
import { type GateLimit, queueGate, queueOfGate } from '../../core/definition/limit.ts'
import { leaseMs } from '../../core/definition/policy.ts'
import { type Job, slotOf } from '../../core/job/job.ts'
import { freeIfSeen } from '../../core/records/gate.ts'
import { gateKey } from '../../core/records/keys.ts'
import { bookIfDispatched, gateIfDispatched, parkIfDispatched } from '../../core/transitions/park.ts'
import { bookedWithinMs, passMs, type Rate } from '../../core/values/rate.ts'
import { earlyStartMs } from '../../core/values/times.ts'
import { isParked, takeTicket } from '../gates/line.ts'
import { changed, freePlace, type PlaceRequest, prolongPlace, takePlace, takeSlot } from '../gates/places.ts'
import { pump } from '../gates/pump.ts'
import { limitAt } from '../known-control.ts'
import { newRequestToken } from '../tokens.ts'
import { write } from '../write.ts'
import { acknowledge, type Place, type Run, reported, soonMs, type Verdict } from './run.ts'
import { keep, keepSpread, once, type Started, settle, settled } from './start-job.ts'

type Start = (run: Run) => Promise<Started>

/** A run that asks to start through its gate. */
interface Asking {
  readonly run: Run
  readonly gate: string
  readonly limit: GateLimit
  readonly start: Start
}

/**
 * @param gate as the message, or the item, says; undefined where it has none and its queue has a limit
 * @param start goes on with the run once it may start
 */
export async function startAtGate(run: Run, gate: string | undefined, start: Start): Promise<Started> {
  const at = (one: string): Run => ({ ...run, start: { ...run.start, gate: one } })
  let found: Found | undefined
  try {
    found = await limitFor(run, gate)
  } catch {
    return settled(keepSpread(run.batch))
  }
  // Nothing limits it any more.
  if (found === undefined) return start(gate === undefined ? run : at(gate))
  const refused = found.isNew ? await joinGate(run, found.gate) : undefined
  return refused ?? startLimited({ run: at(found.gate), gate: found.gate, limit: found.limit, start })
}

interface Found {
  readonly gate: string
  readonly limit: GateLimit
  /** The job does not have it yet. */
  readonly isNew: boolean
}

/** The gate that the job must pass: its own, or its queue's. @throws Unavailable when nobody knows */
async function limitFor(run: Run, gate: string | undefined): Promise<Found | undefined> {
  const { deps, queue } = run.batch
  // The gate of the queue that the job came from is not its gate any more.
  const isOwn = gate !== undefined && (queueOfGate(gate) ?? queue) === queue
  const limit = isOwn ? await limitAt(deps, gate) : undefined
  if (isOwn && limit !== undefined) return { gate, limit, isNew: false }
  const ofQueue = queueGate(queue)
  const limitOfQueue = mayJoin(run) ? await limitAt(deps, ofQueue) : undefined
  return limitOfQueue === undefined ? undefined : { gate: ofQueue, limit: limitOfQueue, isNew: true }
}

/** A job has one limit: its own type's goes before its queue's. */
const mayJoin = ({ batch: { deps }, message: { type } }: Run): boolean => deps.runner.jobs[type]?.limit === undefined

/** T41. @returns what becomes of the message where the job cannot take the gate */
async function joinGate(run: Run, gate: string): Promise<Started | undefined> {
  const { batch, message, start } = run
  const request = newRequestToken(batch.deps.random)
  const joining = { fence: message.fence, gate, now: start.now, request }
  const written = await write(batch.writing, { id: message.id, transition: gateIfDispatched(joining) }, once)
  if (written.kind === 'written') return undefined
  if (written.kind === 'failed') return settled(keepSpread(batch))
  // Its gate, whichever it is, was not what refused it.
  const its = written.job?.gate
  return settled(await notParked(its === undefined ? run : { ...run, start: { ...start, gate: its } }, written.job))
}

async function startLimited(asking: Asking): Promise<Started> {
  const { run: through, limit } = asking
  if (limit.rate === undefined) return startInPlace(asking)
  const seen = await seenSlot(through)
  if (seen.kind === 'settled') return seen
  if (seen.slot !== undefined) return startInPlace(asBooked(asking))
  return limit.concurrency === undefined ? startInSlot(asking, limit.rate) : startInPlace(asking)
}

const asBooked = (asking: Asking): Asking => ({ ...asking, run: withSlot(asking.run, 'booked') })
const withSlot = (run: Run, slot: 'booked' | number): Run => ({ ...run, start: { ...run.start, slot } })

type Seen = { readonly kind: 'seen'; readonly slot?: number } | Extract<Started, { kind: 'settled' }>

/**
 * The slot that the message has, if it is near. It says so itself, or it was received before: then it may have been hidden
 * until its slot, and the item tells. A read costs a fifth of a write that is refused.
 */
async function seenSlot(run: Run): Promise<Seen> {
  const { batch, message, delivery, start } = run
  const isTold = message.slot !== undefined && message.slot >= start.now - passMs && run.hasNoSlot !== true
  if (isTold) return inTime(run, message.slot)
  if (delivery.receives === 1 || run.hasNoSlot === true) return { kind: 'seen' }
  let item: Job | undefined
  try {
    item = await batch.look(message.id)
  } catch {
    return settled(keepSpread(batch))
  }
  const slot = item === undefined || !hasSlot(item, start.now) ? undefined : slotOf(item)
  if (item?.fence === message.fence && slot !== undefined && slot > start.now + earlyStartMs) return inTime(run, slot)
  const decision = decideRefusedStart(item, { message, receives: delivery.receives, start, hasMoved: false })
  switch (decision.kind) {
    case 'takeOver':
    case 'otherGate':
    case 'slotGone':
    case 'startMovingAt':
      return { kind: 'seen', ...(slot === undefined ? {} : { slot }) }
    case 'acknowledge':
    case 'adopt':
    case 'cancel':
    case 'fail':
    case 'wait':
      return settled(await settle(run, decision))
  }
}

const inTime = (run: Run, slot: number): Seen =>
  slot > run.start.now + earlyStartMs ? settled(keepUntil(run, slot)) : { kind: 'seen', slot }

/** Rounded down to SQS's whole seconds: what comes up to a second early waits for its slot on its own clock. */
function keepUntil({ batch, message }: Run, slot: number): Verdict {
  const waitMs = Math.max(0, slot - batch.deps.clock.now())
  return reported(batch, message.id, keep(Math.floor(waitMs / 1_000) * 1_000), 'its slot at the gate is still to come')
}

/** How old a run's reading of the clock may be, in milliseconds, once it has its place or its slot. */
const freshMs = 5_000

/**
 * The answer was long in coming, or the process stood still: by now the limit may be lower, and others may have had the
 * slots since. What was taken goes back or is wasted, and the message comes again.
 */
const isStale = ({ batch: { deps }, start: { now } }: Run): boolean => deps.clock.now() - now > freshMs

/** A rate alone: nobody holds a place. */
async function startInSlot({ run, gate, start }: Asking, rate: Rate): Promise<Started> {
  const { now } = run.start
  const taken = await takeSlot(run.batch.deps, gate, { rate, aheadMs: bookedWithinMs, hasNoLine: true })
  if (taken.kind === 'failed') return settled(keepSpread(run.batch))
  if (taken.kind === 'later') return settled(await park(run, gate))
  if (taken.slot > now + earlyStartMs) return settled(await book(run, gate, taken.slot))
  return isStale(run) ? settled(keep(soonMs)) : start(withSlot(run, taken.slot))
}

/** T40. The message in hand comes back for its slot. */
async function book(run: Run, gate: string, slot: number): Promise<Verdict> {
  const { batch, message, start } = run
  const request = newRequestToken(batch.deps.random)
  const transition = bookIfDispatched({ fence: message.fence, gate, now: start.now, slot, request })
  const written = await write(batch.writing, { id: message.id, transition }, once)
  if (written.kind === 'failed') return keepSpread(batch)
  return written.kind === 'refused' ? notParked(run, written.job) : keepUntil(run, slot)
}

async function startInPlace(asking: Asking): Promise<Started> {
  const { run, gate, limit, start } = asking
  const { batch, message } = run
  const { deps } = batch
  const { concurrency: max, rate } = limit
  if (max === undefined) return start(run)
  const { now, owner, policy } = run.start
  const permit = { by: owner, until: now + leaseMs(policy) }
  const isPromised = message.promised === true
  const request = { gate, jobId: message.id, permit, max, fence: message.fence, isPromised }
  const isWithoutSlot = rate !== undefined && run.start.slot === undefined
  const booking = isWithoutSlot ? { booking: { rate, aheadMs: earlyStartMs } } : {}
  const outcome = await takePlace(deps, { ...request, ...booking })
  switch (outcome.kind) {
    case 'taken': {
      const going = outcome.slot === undefined ? run : withSlot(run, outcome.slot)
      return startAtPlace({ ...going, place: placeOf(deps, request) }, one =>
        isStale(one) ? Promise.resolve(settled(keep(soonMs))) : start(one),
      )
    }
    case 'later':
      return rate === undefined ? settled(keep(soonMs)) : bookAhead(asking, rate)
    case 'full':
      // It waits in line anew.
      if (outcome.promise !== undefined) await changed(deps, gateKey(gate), freeIfSeen(message.id, outcome.promise))
      return settled(await park(run, gate))
    case 'held': {
      // One millisecond more: a lease is over when its end is *below* the clock.
      const waitMs = Math.max(soonMs, outcome.until - now + 1)
      return settled(reported(batch, message.id, keep(waitMs), 'another run holds its place'))
    }
    case 'stale':
      return settled(reported(batch, message.id, acknowledge, 'its place was promised to a newer message'))
    case 'failed':
      // The place itself may have been taken.
      if (isWithoutSlot) await placeOf(deps, request).free()
      return settled(keepSpread(batch))
  }
}

/** A place is free, the slot is to come: nobody holds the place until then, unless it was promised to the job. */
async function bookAhead({ run, gate }: Asking, rate: Rate): Promise<Started> {
  const hasNoLine = run.message.promised !== true
  const taken = await takeSlot(run.batch.deps, gate, { rate, aheadMs: bookedWithinMs, hasNoLine })
  if (taken.kind === 'failed') return settled(keepSpread(run.batch))
  return settled(await (taken.kind === 'later' ? park(run, gate) : book(run, gate, taken.slot)))
}

/** A place that is not used goes back, whatever went wrong. */
async function startAtPlace(run: Run & { readonly place: Place }, start: Start): Promise<Started> {
  let isStarted = false
  try {
    const started = await start(run)
    isStarted = started.kind === 'started'
    return started
  } finally {
    if (!isStarted) await run.place.free()
  }
}

function placeOf(deps: Run['batch']['deps'], request: PlaceRequest): Place {
  const { gate, jobId, permit, max } = request
  let isFree = false
  return {
    prolong: until => prolongPlace(deps, { ...request, permit: { ...permit, until }, isPromised: false }),
    async free() {
      if (isFree) return
      isFree = true
      await orReported(deps, gate, async () => {
        if (await freePlace(deps, gate, { jobId, by: permit.by, max })) await pump(deps, gate)
      })
    },
  }
}

/** What goes wrong here is the sweeper's to repair: the run itself is over, or its job is in line. */
async function orReported(deps: Run['batch']['deps'], gate: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    deps.telemetry.emit({ name: 'gate_failed', gate, error: String(error) })
  }
}

/**
 * T30, then the ticket, then the pump, in this order. A pump that saw the ticket of a job that is not parked yet would
 * remove it; and a place that was freed meanwhile would have met nobody in line.
 */
async function park(run: Run, gate: string): Promise<Verdict> {
  const { batch, message, start } = run
  const { deps } = batch
  const parking = { fence: message.fence, gate, now: start.now, request: newRequestToken(deps.random) }
  const written = await write(batch.writing, { id: message.id, transition: parkIfDispatched(parking) }, once)
  if (written.kind === 'failed') return keepSpread(batch)
  if (written.kind === 'refused' || !isParked(written.job)) return notParked(run, written.job)
  const { job } = written
  await orReported(deps, gate, async () => {
    // Without it the job's own look takes it.
    if (await takeTicket(deps, job)) await pump(deps, gate, { joined: job.queue })
  })
  return acknowledge
}

/** How long a message waits whose job the sweeper must first give back to the queue. */
const recoveredWithinMs = 60_000

/** Refused: the job has ended, was moved, runs, or is in line already. */
async function notParked(run: Run, item: Job | undefined): Promise<Verdict> {
  const { message, delivery, start } = run
  const decision = decideRefusedStart(item, { message, receives: delivery.receives, start, hasMoved: true })
  if (decision.kind === 'takeOver') return keep(recoveredWithinMs)
  if (decision.kind === 'otherGate' || decision.kind === 'startMovingAt' || decision.kind === 'slotGone')
    return keep(soonMs)
  return settle(run, decision)
}

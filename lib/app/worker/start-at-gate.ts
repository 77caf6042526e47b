/** The start of a job with a gate: a place first, then the job; or into the line. Loaded when such a job comes. */
import { decideRefusedStart } from '../../core/decide/refused-start.ts'
import { concurrencyOf } from '../../core/definition/limit.ts'
import { leaseMs } from '../../core/definition/policy.ts'
import type { Job } from '../../core/job/job.ts'
import { parkIfDispatched } from '../../core/transitions/park.ts'
import { isParked, takeTicket } from '../gates/line.ts'
import { freePlace, type PlaceRequest, prolongPlace, takePlace } from '../gates/places.ts'
import { pump } from '../gates/pump.ts'
import { newRequestToken } from '../tokens.ts'
import { write } from '../write.ts'
import { acknowledge, type Place, type Run, reported, soonMs, type Verdict } from './run.ts'
import { keep, keepSpread, once, type Started, settle, settled } from './start-job.ts'

type Start = (run: Run) => Promise<Started>

/** @param start goes on with the run once it may start */
export async function startAtGate(run: Run, gate: string, start: Start): Promise<Started> {
  const { batch, message } = run
  const { deps } = batch
  const max = concurrencyOf(deps.runner, gate)
  const through = { ...run, start: { ...run.start, gate } }
  // The deployed code has no limit any more.
  if (max === undefined) return start(through)
  const { now, owner, policy } = run.start
  const permit = { by: owner, until: now + leaseMs(policy) }
  const request = {
    gate,
    jobId: message.id,
    permit,
    max,
    now,
    fence: message.fence,
    isPromised: message.promised === true,
  }
  const outcome = await takePlace(deps, request)
  switch (outcome.kind) {
    case 'taken':
      return startAtPlace({ ...through, place: placeOf(deps, request) }, start)
    case 'full':
      return settled(await park(through, gate))
    case 'held': {
      // One millisecond more: a lease is over when its end is *below* the clock.
      const waitMs = Math.max(soonMs, outcome.until - now + 1)
      return settled(reported(batch, message.id, keep(waitMs), 'another run holds its place'))
    }
    case 'stale':
      return settled(reported(batch, message.id, acknowledge, 'its place was promised to a newer message'))
    case 'failed':
      return settled(keepSpread(batch))
  }
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
    prolong: until =>
      prolongPlace(deps, { ...request, permit: { ...permit, until }, now: deps.clock.now(), isPromised: false }),
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
    if (await takeTicket(deps, job)) await pump(deps, gate, job.queue)
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
  if (decision.kind === 'otherGate' || decision.kind === 'startMovingAt') return keep(soonMs)
  return settle(run, decision)
}

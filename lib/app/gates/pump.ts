/**
 * The pump: gives free places of a gate to the jobs in line. Called by whoever frees a place of a full gate, by whoever has
 * joined the line, and by the sweeper.
 *
 * A place is promised first, then its job handed out, then its ticket removed. A crash in between leaves a promise, which
 * the sweeper rolls forward, or a ticket without a job, which the next pump removes.
 */
import { concurrencyOf } from '../../core/definition/limit.ts'
import { holdMs } from '../../core/definition/policy.ts'
import { policyOf } from '../../core/definition/runner.ts'
import { isExpired, isUnderstood, type Job } from '../../core/job/job.ts'
import { freeIfSeen, gateFrom, jobOfTicket, leaveLineIfSeen, promiseTo } from '../../core/records/gate.ts'
import { gateKey, ticketPrefix } from '../../core/records/keys.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { expireIfSeen } from '../../core/transitions/cancel.ts'
import { dispatchIfSeen } from '../../core/transitions/dispatch.ts'
import type { Deps } from '../../ports/deps.ts'
import { sendOrPull } from '../send.ts'
import { newRequestToken } from '../tokens.ts'
import { write } from '../write.ts'
import { isParked, type ParkedJob, watchGate } from './line.ts'
import { changed, read, takePlace } from './places.ts'

/** Beyond the SDK's own retries. */
const patience = { delaysMs: [200] }
/** Places that one round fills. */
const mostAtOnce = 25
/** Read on: a job in front that cannot be handed out now must not keep the others waiting. */
const spare = 5
/** The deployed code has no limit any more: whoever waits goes. */
const noLimit = Number.MAX_SAFE_INTEGER
/** A line of jobs that ended, cancelled one by one, takes a round for each page of their tickets. */
const maxRounds = 50

/**
 * @param hasJoined the queue of a job that has just taken its ticket: the sweeper must look at the gate from now on
 * @returns how many jobs were handed out
 * @throws Unavailable when the gate or its line cannot be read
 */
export async function pump(deps: Deps, gate: string, hasJoined?: string): Promise<number> {
  const max = concurrencyOf(deps.runner, gate) ?? noLimit
  let handedOut = 0
  for (let round = 0; round < maxRounds; round += 1) {
    const [record] = await read(deps, () => deps.records.get([gateKey(gate)]))
    if (round === 0 && hasJoined !== undefined) await watchGate(deps, hasJoined, gate, record)
    const free = Math.min(mostAtOnce, max - gateFrom(record).held.size)
    if (free <= 0) return handedOut
    const served: Served[] = []
    // One after the other: the first in line gets the first place.
    for (const ticket of await ticketsOf(deps, gate, free + spare)) {
      served.push(await serve(deps, ticket, { gate, max }))
      if (sent(served) === free) break
    }
    handedOut += sent(served)
    if (served.every(one => one === 'waits')) return handedOut
  }
  return handedOut
}

type Served = 'handedOut' | 'moved' | 'waits'
const sent = (served: readonly Served[]): number => served.filter(one => one === 'handedOut').length

/** The first in line. @throws Unavailable */
export async function ticketsOf(
  deps: Pick<Deps, 'records' | 'clock'>,
  gate: string,
  limit: number,
): Promise<readonly StoredRecord[]> {
  const { id } = gateKey(gate)
  const query = { id, prefix: ticketPrefix, limit, isConsistent: true }
  const page = await read(deps, () => deps.records.query(query))
  return page.records
}

interface Serving {
  readonly gate: string
  readonly max: number
}

async function serve(deps: Deps, ticket: StoredRecord, { gate, max }: Serving): Promise<Served> {
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
  const permit = { by: promiseTo(fence), until: now + holdMs(policy, 0) }
  const place = await takePlace(deps, { gate, jobId: job.id, permit, max, now, fence, isPromised: false })
  if (place.kind !== 'taken') return 'waits'
  const handed = await handOut(deps, job)
  if (handed === 'handedOut') await leave(deps, ticket)
  return handed
}

async function leave(deps: Deps, ticket: StoredRecord): Promise<'moved'> {
  const { id, part } = ticket
  await changed(deps, { id, part }, leaveLineIfSeen(ticket))
  return 'moved'
}

/** T5 of a job whose place is promised, and its message. `moved`: somebody changed it meanwhile. */
export async function handOut(deps: Deps, job: ParkedJob): Promise<Served> {
  const asked = {
    now: deps.clock.now(),
    request: newRequestToken(deps.random),
    policy: policyOf(deps.runner, job.type),
  }
  const written = await write(deps, { id: job.id, transition: dispatchIfSeen(job, asked), seen: job }, patience)
  if (written.kind === 'written') {
    await sendOrPull(deps, [{ job: written.job, delayMs: 0, isPromised: true }])
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
  job !== undefined && (job.state === 'RESERVED' || job.state === 'IN_PROGRESS') && job.fence === fence

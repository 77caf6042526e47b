/** One message, from its receipt to the job's start: T6, or what its refusal calls for. */

import { decideRefusedStart, type StartDecision } from '../../core/decide/refused-start.ts'
import { homeOf } from '../../core/definition/home.ts'
import { leaseMs } from '../../core/definition/policy.ts'
import { policyOf } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { adoptIfStray } from '../../core/transitions/adopt.ts'
import { endUnrun } from '../../core/transitions/recover.ts'
import { mayLeaveAt, startIfDispatched, takeOverIfLeaseOver } from '../../core/transitions/start.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { passMs } from '../../core/values/rate.ts'
import { followedUp } from '../begin-next.ts'
import { isLimited } from '../known-control.ts'
import { newOwner, newRequestToken } from '../tokens.ts'
import { write } from '../write.ts'
import { writeEnd } from '../write-end.ts'
import { leaveUnknown } from './leave-message.ts'
import { type Arrival, acknowledge, type Batch, type Run, reported, soonMs, type Verdict } from './run.ts'

export type Started =
  /** The job is in the hands of this run. */
  | { readonly kind: 'started'; readonly run: Run; readonly job: Job }
  | { readonly kind: 'settled'; readonly verdict: Verdict }

/** Refused again and again by a moving item: the message comes back a little later. */
const maxDecisions = 5

export const settled = (verdict: Verdict): Extract<Started, { kind: 'settled' }> => ({ kind: 'settled', verdict })
export const keep = (visibleInMs: number): Verdict => ({ kind: 'keep', visibleInMs })

/** 5 to 30 s, spread: after a fault of the store, or so that jobs which crashed together come back apart. */
export const keepSpread = ({ deps }: Batch): Verdict => keep(5_000 + Math.round(deps.random.fraction() * 25_000))

/** Not repeated: the message comes back. Without the look an attempt could be charged and never run. */
export const once = { delaysMs: [], looksAfterFailure: true }

export async function startJob(arrival: Arrival): Promise<Started> {
  const { batch, message } = arrival
  const { deps } = batch
  if (!batch.handlers.has(message.type)) return settled(await leaveUnknown(arrival))
  if (deps.clock.now() >= batch.endAt) return settled(keep(soonMs))
  const policy = policyOf(deps.runner, message.type)
  const start = { now: deps.clock.now(), owner: newOwner(deps.random), policy }
  return startThrough({ ...arrival, start }, message.gate, maxGates)
}

/** A message may be older than the gate that its job has by now. */
const maxGates = 2

/** @param left how often another gate than the one that was tried may turn out to be the job's */
async function startThrough(run: Run, gate: string | undefined, left: number): Promise<Started> {
  if (left === 0) return settled(keep(soonMs))
  const startAt = (through: Run) =>
    startRun(through, (other, more) => startThrough({ ...run, ...more }, other, left - 1))
  if (gate === undefined && !(await isLimited(run.batch.deps, run.batch.queue))) return startAt(run)
  // Only for jobs that have one, or whose queue has.
  const { startAtGate } = await import('./start-at-gate.ts')
  return startAtGate(run, gate, startAt)
}

type ThroughOther = (gate: string | undefined, more?: Pick<Run, 'hasNoSlot'>) => Promise<Started>

/** @param throughOther starts the job through another gate than the one that was tried, or in another slot */
async function startRun(asked: Run, throughOther: ThroughOther): Promise<Started> {
  const { batch, delivery, message } = asked
  const { deps } = batch
  let run = asked
  let transition = startIfDispatched(message.fence, run.start, mayLeaveAt(message.at, run.start))
  for (let decisions = 0; decisions < maxDecisions; decisions += 1) {
    const written = await write(batch.writing, { id: message.id, transition }, once)
    if (written.kind === 'written') return { kind: 'started', run, job: written.job }
    if (written.kind === 'failed') return settled(keepSpread(batch))
    const hasMoved = transition.name === 'startIfDispatchedMovingAt'
    const decision = decideRefusedStart(written.job, {
      message,
      receives: delivery.receives,
      start: run.start,
      hasMoved,
    })
    if (decision.kind === 'otherGate') {
      await run.place?.free()
      return throughOther(decision.gate)
    }
    if (decision.kind === 'slotGone') {
      await run.place?.free()
      return throughOther(run.start.gate, { hasNoSlot: true })
    }
    if (decision.kind === 'takeOver') {
      if (!(await mayTakeOver(run))) return settled(keepSpread(batch))
      // A new reading of the clock: the run may have waited for its neighbours, and its lease starts now.
      run = { ...run, start: { ...run.start, now: deps.clock.now() } }
      if (isSlotOver(run) || (await isLimitedSince(run))) return settled(keep(soonMs))
      const leaseUntil = run.start.now + leaseMs(run.start.policy)
      if ((await run.place?.prolong(leaseUntil)) === false) return settled(keepSpread(batch))
      transition = takeOverIfLeaseOver(decision.job, message.fence, run.start)
    } else if (decision.kind === 'startMovingAt') {
      transition = startIfDispatched(message.fence, run.start, false)
    } else {
      return settled(await settle(run, decision))
    }
  }
  return settled(keep(soonMs))
}

/** Waits until the job can run alone, as long as the function has time left for its whole lease. */
async function mayTakeOver({ batch, message, start }: Run): Promise<boolean> {
  const { quarantine, deps, endAt } = batch
  if (quarantine.isAlone()) return true
  const waiting = new AbortController()
  const waitMs = Math.max(0, endAt - leaseMs(start.policy) - deps.clock.now())
  const isAlone = await Promise.race([
    quarantine.alone(message.id),
    deps.clock.sleep(waitMs, waiting.signal).then(() => false),
  ])
  waiting.abort()
  return isAlone
}

/** A slot is good for so long: while the run waited for its neighbours another start may have come near it. */
const isSlotOver = ({ start: { slot, now } }: Run): boolean => typeof slot === 'number' && now - slot > passMs

/** The run began to wait before its queue was limited: it has neither place nor slot. */
const isLimitedSince = async ({ place, start: { slot }, batch: { deps, queue } }: Run): Promise<boolean> =>
  place === undefined && slot === undefined && (await isLimited(deps, queue))

type Settling = Exclude<StartDecision, { kind: 'takeOver' | 'startMovingAt' | 'otherGate' | 'slotGone' }>

export async function settle(run: Run, decision: Settling): Promise<Verdict> {
  const { batch, message } = run
  switch (decision.kind) {
    case 'cancel':
    case 'fail':
    case 'adopt':
      return writeWithoutRun(run, decision)
    case 'wait':
      return reported(batch, message.id, keep(decision.waitMs), decision.why)
    case 'acknowledge':
      return reported(batch, message.id, acknowledge, decision.why)
  }
}

type Unrun = Extract<Settling, { kind: 'cancel' | 'fail' | 'adopt' }>

/** A job that ends although nobody runs it, or that must first be made a job again. */
async function writeWithoutRun(run: Run, decision: Unrun): Promise<Verdict> {
  const { batch, message } = run
  const transition = await transitionWithoutRun(run, decision)
  if (transition === undefined) return acknowledge
  const change = { id: message.id, transition, seen: decision.job }
  const written = await writeEnd(batch.deps, batch.writing, change, once)
  if (written.kind === 'written') {
    await followedUp(batch.deps, written.job)
    return acknowledge
  }
  // Refused: somebody else changed the job. The message comes back once more and finds out.
  return written.kind === 'failed' ? keepSpread(batch) : keep(soonMs)
}

/** Undefined for a job that has no queue to wait in: the sweeper sets it aside. */
async function transitionWithoutRun({ batch, start }: Run, decision: Unrun): Promise<Transition | undefined> {
  const { random, runner } = batch.deps
  const { job } = decision
  const asked = { now: start.now, request: newRequestToken(random), policy: start.policy }
  if (decision.kind === 'cancel') return endUnrun(job, 'cancelled', asked)
  if (decision.kind === 'fail') return endUnrun(job, decision.isLeaseOver ? 'crashed' : 'exhausted', asked)
  const home = homeOf(runner, job)
  if (home === undefined) return undefined
  const { gateFor } = await import('../gates/gate-for.ts')
  return adoptIfStray(job, { ...asked, home, ...(await gateFor(batch.deps, job)) })
}

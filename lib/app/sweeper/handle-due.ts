/**
 * Carries out what was decided for jobs that are due: plan, write, send. Used by the sweeper for a page, by the
 * dispatcher for a batch.
 */

import { type DueDecision, decideDue } from '../../core/decide/due-job.ts'
import { hasWindows, onFailedOf, policyOf } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { type Adopting, adoptIfAvailable, adoptIfStray, moveIfSeen, tidyIfEnded } from '../../core/transitions/adopt.ts'
import { dispatchIfSeen, lookLaterIfSeen } from '../../core/transitions/dispatch.ts'
import { lookLaterIfParked } from '../../core/transitions/park.ts'
import { endUnrun, recoverIfLeaseOver } from '../../core/transitions/recover.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { beginNextIfEnded, type JobContent, nextOf } from '../../core/transitions/unique.ts'
import { type BeyondWindow, isBeyondWindow, isWithoutMessage, joinLineIfSeen } from '../../core/transitions/window.ts'
import type { Deps } from '../../ports/deps.ts'
import { sendingOf } from '../begin-next.ts'
import { gateFor } from '../gates/gate-for.ts'
import { isParked, keepInLine } from '../gates/line.ts'
import { queueUpJobs, withoutRoom } from '../gates/window.ts'
import { keepTickets } from '../gates/window-line.ts'
import { type Sending, sendOrPull } from '../send.ts'
import { tenantFor } from '../tenant-for.ts'
import { newRequestToken } from '../tokens.ts'
import type { Written } from '../write.ts'
import { writeEnds } from '../write-end.ts'

export interface DueReport {
  /** Messages sent. */
  dispatched: number
  recovered: number
  /** Items that nobody can handle. */
  setAside: number
  /** Ids whose write did not succeed, but may later. */
  readonly failedIds: string[]
}

/** A throttled write has not happened; one whose answer was lost has, and its repeat is recognised. */
const patience = { delaysMs: [200] }

/** Adopted, moved, sent: no job needs more rounds. */
const maxRounds = 3

/** Never rejects for a single job: what cannot be handled is set aside, and blocks nobody. */
export async function handleDueJobs(
  deps: Deps,
  given: readonly Job[],
  { leavesFollowed = false }: { readonly leavesFollowed?: boolean } = {},
): Promise<DueReport> {
  const report: DueReport = { dispatched: 0, recovered: 0, setAside: 0, failedIds: [] }
  const jobs = leavesFollowed ? given.filter(job => !failsForGood(deps, job)) : given
  let due = jobs
  for (let round = 0; round < maxRounds && due.length > 0; round += 1) due = await handleOnce(deps, due, report)
  return report
}

/** Whether a job with `onFailed` is to end FAILED. */
const failsForGood = ({ runner, clock }: Deps, job: Job): boolean =>
  onFailedOf(runner, job.type) !== undefined && decideDue(job, clock.now(), runner).kind === 'end'

/** @returns the jobs that are due again, as what they have become */
async function handleOnce(deps: Deps, jobs: readonly Job[], report: DueReport): Promise<readonly Job[]> {
  const plans = await Promise.all(jobs.map(job => plan(deps, job, report)))
  const planned = await withinWindows(
    deps,
    await inLine(
      deps,
      plans.filter(one => one !== undefined),
      report,
    ),
  )
  const written = await writeEnds(
    deps,
    deps,
    planned.map(({ job, transition }) => ({ id: job.id, transition, seen: job })),
    patience,
  )
  const sendings: Sending[] = []
  const joined: BeyondWindow[] = []
  const dueAgain: Job[] = []
  for (const [index, { job, decision }] of planned.entries()) {
    const outcome = written[index]
    if (outcome?.kind !== 'written') {
      countFailure(job.id, outcome, report)
      continue
    }
    if (decision.kind === 'recover') report.recovered += 1
    if (decision.kind === 'dispatch') sendings.push({ job: outcome.job, delayMs: decision.delayMs })
    if (decision.kind === 'recover') sendings.push({ job: outcome.job, delayMs: 0 })
    if (decision.kind === 'beginNext') sendings.push(...sendingOf(outcome.job, deps.clock.now()))
    if (decision.kind === 'end' && outcome.job.next !== undefined) dueAgain.push(outcome.job)
    if (decision.kind === 'joins' && isBeyondWindow(outcome.job)) joined.push(outcome.job)
    if (decision.kind === 'adopt' || decision.kind === 'move') dueAgain.push(outcome.job)
  }
  report.dispatched += await sendOrPull(deps, sendings)
  await queueUpJobs(deps, joined)
  return dueAgain
}

/** Those that are to be sent, as far as their queues have room; the others join the line. */
async function withinWindows(deps: Deps, planned: readonly Planned[]): Promise<readonly Planned[]> {
  const sent = planned.flatMap(({ job, decision }) =>
    decision.kind === 'dispatch' && hasWindows(deps.runner, [job.queue]) && isWithoutMessage(job) ? [job] : [],
  )
  if (sent.length === 0) return planned
  const beyond = await withoutRoom(deps, sent)
  const now = deps.clock.now()
  return planned.map(one =>
    beyond.has(one.job)
      ? { ...one, decision: joins, transition: joinLineIfSeen(one.job, now, newRequestToken(deps.random)) }
      : one,
  )
}

const joins = { kind: 'joins' } as const

/** Those that wait in line, once they have their tickets: their look must not move on before. */
async function inLine(deps: Deps, planned: readonly Planned[], report: DueReport): Promise<readonly Planned[]> {
  const parked = planned.flatMap(({ job, decision }) => (decision.kind === 'parked' && isParked(job) ? [job] : []))
  const waiting = planned.flatMap(({ job, decision }) =>
    decision.kind === 'parked' && isBeyondWindow(job) ? [job] : [],
  )
  const failed = new Set([...(await keepInLine(deps, parked)), ...(await keepTickets(deps, waiting))])
  report.failedIds.push(...failed)
  return failed.size === 0 ? planned : planned.filter(({ job }) => !failed.has(job.id))
}

/** Refused: somebody else took care of the job. */
function countFailure(id: string, outcome: Written | undefined, report: DueReport): void {
  if (outcome?.kind === 'refused') return
  // A write that can never succeed must not hold up those behind it in a stream (I15).
  if (outcome?.kind === 'failed' && outcome.isHopeless) report.setAside += 1
  else report.failedIds.push(id)
}

type Decided = Exclude<DueDecision, { kind: 'skip' | 'setAside' }>

interface Planned {
  readonly job: Job
  /** `joins`: T50, since its queue has no room. */
  readonly decision: Decided | typeof joins
  readonly transition: Transition
}

/** One item that cannot even be decided about must not stop the others. */
async function plan(deps: Deps, job: Job, report: DueReport): Promise<Planned | undefined> {
  const setAside = (error: string): undefined => {
    report.setAside += 1
    deps.telemetry.emit({ name: 'job_set_aside', id: job.id, error })
  }
  try {
    const now = deps.clock.now()
    const decision = decideDue(job, now, deps.runner)
    if (decision.kind === 'skip') return undefined
    if (decision.kind === 'setAside') return setAside(decision.why)
    const made = decision.kind === 'adopt' ? await byContract(deps, job) : {}
    return { job, decision, transition: transitionFor(deps, { job, made }, decision, now) }
  } catch (error) {
    return setAside(String(error))
  }
}

type ByContract = Pick<Adopting, 'tenant' | 'gate' | 'pass'>

/** What its contract makes of the input of a job from outside. @throws InvalidInput, Unavailable */
const byContract = async (deps: Deps, job: Job): Promise<ByContract> => ({
  tenant: await tenantFor(deps, job),
  ...(await gateFor(deps, job)),
})

function transitionFor(
  deps: Deps,
  { job, made }: { readonly job: Job; readonly made: ByContract },
  decision: Decided,
  now: number,
): Transition {
  const asked = { now, request: newRequestToken(deps.random), policy: policyOf(deps.runner, job.type) }
  switch (decision.kind) {
    case 'dispatch':
      return dispatchIfSeen(job, asked)
    case 'recover':
      return recoverIfLeaseOver(job, asked)
    case 'end':
      return endUnrun(job, decision.why, asked)
    case 'adopt':
      return (job.state === 'AVAILABLE' ? adoptIfAvailable : adoptIfStray)(job, {
        ...asked,
        home: decision.home,
        ...made,
      })
    case 'move':
      return moveIfSeen(job, decision.home, now)
    case 'beginNext':
      return beginNextIfEnded(job, nextOf(job) as JobContent, { ...asked, home: decision.home })
    case 'tidy':
      return tidyIfEnded(job, now, asked.policy)
    case 'parked':
      return lookLaterIfParked(job, now)
    case 'later':
      return lookLaterIfSeen(job, now)
  }
}

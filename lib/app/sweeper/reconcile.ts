import { decideScanned, type ScanDecision } from '../../core/decide/due-job.ts'
import { hasShard } from '../../core/definition/home.ts'
import { policyOf, queuePolicyOf } from '../../core/definition/runner.ts'
import { Recount } from '../../core/history/recount.ts'
import type { Job } from '../../core/job/job.ts'
import { laneOf } from '../../core/job/lane.ts'
import { controlKey } from '../../core/records/keys.ts'
import { type Pauses, pauseOf, pausesFrom, resumedWithin } from '../../core/records/pause.ts'
import { adoptIfStray, moveIfSeen } from '../../core/transitions/adopt.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import type { Deps } from '../../ports/deps.ts'
import type { JobScan, ScanPage } from '../../ports/job-scan.ts'
import { raisedControl } from '../control.ts'
import { gateFor } from '../gates/gate-for.ts'
import { tenantFor } from '../tenant-for.ts'
import { newRequestToken } from '../tokens.ts'
import { writeAll } from '../write.ts'
import { compareCounts, readStocks } from './recount.ts'

export interface ReconcileDeps extends Deps {
  readonly scanner: JobScan
  /** Whether the recorder's counts are compared with what the scan finds; only where there is a recorder. */
  readonly isRecorded?: boolean
}

export interface ReconcileReport {
  /** Items seen. */
  readonly looked: number
  /** Jobs in no lane that the sweeper walks. */
  readonly adopted: number
  /** Jobs in such a lane whose look was more than an hour past. */
  readonly forgotten: number
  /** Jobs that could not be brought back; the next scan tries again. */
  readonly setAside: number
  /** False when time ran out before every part was read. */
  readonly isComplete: boolean
}

/** Parts of the table. Many, so that one fits into a run even where the whole table does not. */
const segments = 256

/** 4 MB a second: in a run of 15 minutes 3.5 GB, for 6 cents. A new table can take 24 times that. */
const readUnitsPerSecond = 500

type Totals = { -readonly [K in keyof ReconcileReport]: ReconcileReport[K] }

/**
 * The reconciler: walks the whole table for jobs that the sweeper does not find.
 *
 * - A job in no live lane becomes AVAILABLE in one. A console edit or a foreign put leaves it behind, where the stream
 *   did not follow, or does not carry the state.
 * - A job whose look is more than an hour past is forgotten, whatever the reason: a queue that is gone, a row that the
 *   index lost. It moves to its contract's queue, or its row is written anew, and an alarm says so.
 *
 * Starts at a part chosen by chance: where a table is too large for one run, each part gets its turn. A run that has
 * seen everything compares what it found with what the recorder has counted.
 *
 * @param endAt when to stop, epoch milliseconds
 * @throws Unavailable when the table cannot be read
 */
export async function reconcile(deps: ReconcileDeps, endAt: number): Promise<ReconcileReport> {
  const total: Totals = { looked: 0, adopted: 0, forgotten: 0, setAside: 0, isComplete: true }
  const first = Math.floor(deps.random.fraction() * segments)
  const stocks = deps.isRecorded === true ? await readStocks(deps) : undefined
  const [control] = await deps.records.get([controlKey])
  const walk: Walk = { endAt, total, recount: new Recount(), pauses: pausesFrom(control) }
  try {
    for (let step = 0; step < segments && total.isComplete; step += 1) {
      await walkSegment(deps, (first + step) % segments, walk)
    }
    if (stocks !== undefined && total.isComplete) await compareCounts(deps, walk.recount, stocks)
  } finally {
    deps.telemetry.emit({ name: 'reconciled', ...total })
  }
  return total
}

interface Walk {
  readonly endAt: number
  readonly total: Totals
  readonly recount: Recount
  /** As they were at the start of the run. */
  readonly pauses: Pauses
}

async function walkSegment(deps: ReconcileDeps, segment: number, walk: Walk): Promise<void> {
  const { endAt, total, recount } = walk
  let from: string | undefined
  do {
    if (deps.clock.now() >= endAt) {
      total.isComplete = false
      return
    }
    const page: ScanPage = await deps.scanner.scan(segment, segments, from)
    total.looked += page.looked
    for (const job of page.jobs) recount.see(job)
    await raiseShards(deps, page.jobs)
    await bringBack(deps, page.jobs, walk)
    if (page.readUnits > 0) await deps.clock.sleep((page.readUnits / readUnitsPerSecond) * 1_000)
    from = page.next
  } while (from !== undefined)
}

/**
 * A shard that no tick ever recorded (every tick failed between a deploy with many shards and one with fewer) holds jobs
 * that nobody walks to, although each is in its lane.
 */
async function raiseShards(deps: ReconcileDeps, jobs: readonly Job[]): Promise<void> {
  const seen: Record<string, number> = {}
  for (const job of jobs) {
    const { queue, shard, lane } = job
    const { shards } = queuePolicyOf(deps.runner, queue)
    const isLive = lane === laneOf(queue, 'live', shard) && hasShard(job) && Object.hasOwn(deps.runner.queues, queue)
    if (isLive && shard >= shards) seen[queue] = Math.max(seen[queue] ?? 0, shard + 1)
  }
  if (Object.keys(seen).length > 0) await raisedControl(deps, seen)
}

async function bringBack(deps: ReconcileDeps, jobs: readonly Job[], { total, pauses }: Walk): Promise<void> {
  const now = deps.clock.now()
  const plans = await Promise.all(jobs.map(job => plan(deps, job, { now, total, pauses })))
  const planned = plans.filter(one => one !== undefined)
  if (planned.length === 0) return
  const outcomes = await writeAll(
    deps,
    planned.map(({ job, transition }) => ({ id: job.id, transition, seen: job })),
    patience,
  )
  for (const [index, { job, decision }] of planned.entries()) {
    const outcome = outcomes[index]
    // Refused: it has moved on since the scan.
    if (outcome?.kind === 'refused') continue
    if (outcome?.kind !== 'written') total.setAside += 1
    else if (decision.kind === 'adopt') total.adopted += 1
    else {
      total.forgotten += 1
      const { id, type, queue } = job
      deps.telemetry.emit({ name: 'job_forgotten', id, type, queue, lateMs: decision.lateMs })
    }
  }
}

/** The next scan tries again what failed. */
const patience = { delaysMs: [] }

interface Planned {
  readonly job: Job
  readonly decision: Extract<ScanDecision, { kind: 'adopt' | 'forgotten' }>
  readonly transition: Transition
}

interface Planning extends Pick<Walk, 'total' | 'pauses'> {
  readonly now: number
}

async function plan(deps: ReconcileDeps, job: Job, { now, total, pauses }: Planning): Promise<Planned | undefined> {
  const setAside = (error: string): undefined => {
    total.setAside += 1
    deps.telemetry.emit({ name: 'job_set_aside', id: job.id, error })
  }
  const isExcused = pauseOf(pauses, job.queue, now) !== undefined || resumedWithin(pauses, job.queue, now)
  const decision = decideScanned(job, now, deps.runner, isExcused)
  if (decision.kind === 'leave') return undefined
  if (decision.kind === 'setAside') return setAside(decision.why)
  const { home } = decision
  if (decision.kind === 'forgotten') return { job, decision, transition: moveIfSeen(job, home, now) }
  const request = newRequestToken(deps.random)
  try {
    const ofContract = { tenant: await tenantFor(deps, job), ...(await gateFor(deps, job)) }
    const asked = { now, request, policy: policyOf(deps.runner, job.type), home, ...ofContract }
    return { job, decision, transition: adoptIfStray(job, asked) }
  } catch (error) {
    return setAside(String(error))
  }
}

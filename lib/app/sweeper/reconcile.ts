import { queuePolicyOf } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { adoptIfStray, isStray } from '../../core/transitions/adopt.ts'
import type { Deps } from '../../ports/deps.ts'
import type { JobScan, ScanPage } from '../../ports/job-scan.ts'
import { raisedControl } from '../control.ts'
import { newRequestToken } from '../tokens.ts'

export interface ReconcileDeps extends Deps {
  readonly scanner: JobScan
}

export interface ReconcileReport {
  /** Items seen. */
  readonly looked: number
  readonly adopted: number
  /** Strays that could not be adopted; the next scan tries again. */
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
 * The reconciler: walks the whole table for jobs that are in no index, and makes them AVAILABLE in a live lane, where
 * the next tick finds them. Such a job is left behind when a console edit or a foreign put was not followed by the
 * stream, or gave it a state that the stream does not carry.
 *
 * Starts at a part chosen by chance: where a table is too large for one run, each part gets its turn.
 *
 * @param endAt when to stop, epoch milliseconds
 * @throws Unavailable when the table cannot be read
 */
export async function reconcile(deps: ReconcileDeps, endAt: number): Promise<ReconcileReport> {
  const total: Totals = { looked: 0, adopted: 0, setAside: 0, isComplete: true }
  const first = Math.floor(deps.random.fraction() * segments)
  try {
    for (let step = 0; step < segments && total.isComplete; step += 1) {
      await walkSegment(deps, (first + step) % segments, endAt, total)
    }
  } finally {
    deps.telemetry.emit({ name: 'reconciled', ...total })
  }
  return total
}

async function walkSegment(deps: ReconcileDeps, segment: number, endAt: number, total: Totals): Promise<void> {
  let from: string | undefined
  do {
    if (deps.clock.now() >= endAt) {
      total.isComplete = false
      return
    }
    const page: ScanPage = await deps.scanner.scan(segment, segments, from)
    total.looked += page.looked
    await raiseShards(deps, page.jobs)
    await adopt(deps, page.jobs.filter(isStray), total)
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
  for (const { queue, shard, lane } of jobs) {
    const { shards } = queuePolicyOf(deps.runner, queue)
    if (lane !== undefined && shard >= shards) seen[queue] = Math.max(seen[queue] ?? 0, shard + 1)
  }
  if (Object.keys(seen).length > 0) await raisedControl(deps, seen)
}

async function adopt(deps: ReconcileDeps, strays: readonly Job[], total: Totals): Promise<void> {
  if (strays.length === 0) return
  const now = deps.clock.now()
  const changes = strays.map(job => {
    const { shards } = queuePolicyOf(deps.runner, job.queue)
    return { id: job.id, transition: adoptIfStray(job, now, newRequestToken(deps.random), shards) }
  })
  const outcomes = await deps.store.apply(changes)
  for (const [index, outcome] of outcomes.entries()) {
    const { id, type, queue } = strays[index] as Job
    if (outcome.kind === 'applied') {
      total.adopted += 1
      deps.telemetry.emit({ name: 'job_adopted', id, type, queue })
    }
    // Refused: it has moved on since the scan.
    if (outcome.kind === 'failed') {
      total.setAside += 1
      deps.telemetry.emit({ name: 'store_failed', id, transition: 'adoptIfStray', error: outcome.error.message })
    }
  }
}

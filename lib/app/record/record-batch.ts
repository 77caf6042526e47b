import { policyOf } from '../../core/definition/runner.ts'
import { busyDerivations } from '../../core/history/busy.ts'
import { errorDerivations } from '../../core/history/error-group.ts'
import { flowDerivations, subjectOf } from '../../core/history/flow.ts'
import type { JobChange } from '../../core/history/job-change.ts'
import { shardHash } from '../../core/history/position.ts'
import { runRecordOf } from '../../core/history/run-record.ts'
import { sampleDerivations } from '../../core/history/samples.ts'
import { type Stock, type StockDerivation, stockDerivations, stockFrom } from '../../core/history/stock.ts'
import { tagRecordsOf } from '../../core/history/tag-record.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { type Counted, countAll, isForEver, setAside } from './count.ts'
import { reportGaps } from './gaps.ts'
import { joinGroups } from './join-groups.ts'
import { publishEvents } from './publish-events.ts'
import type { JoiningDeps, RecorderDeps } from './recorder-deps.ts'

/** Changes of one shard of the jobs' stream, in its order. */
export interface StreamBatch {
  /** The shard's name. */
  readonly shard: string
  readonly changes: readonly JobChange[]
}

/**
 * The recorder: derives counts, history and events from what the jobs' stream brings. It may come again, with other
 * bounds, at any time: everything is counted once, and every event published at least once.
 *
 * The order matters: counts first, then what depends on them, events last. No job waits for any of it, but for the end of others;
 * and such a job looks for itself in the end.
 *
 * @returns the earliest change that must come again, with all after it; undefined when everything is recorded
 */
export async function recordBatch(deps: JoiningDeps, batch: StreamBatch): Promise<JobChange | undefined> {
  const place = { shard: shardHash(batch.shard), now: deps.clock.now() }
  const { changes } = batch
  const counted = await countAll(deps, stockDerivations(changes), place)
  await reportGaps(deps, counted, place.now)
  const rest = await Promise.all([
    countAll(
      deps,
      [
        ...flowDerivations(changes, stocksIn(counted)),
        ...sampleDerivations(changes),
        ...errorDerivations(changes),
        ...busyDerivations(changes, place.shard),
      ],
      place,
    ),
    putRecords(deps, changes),
    joinGroups(deps, changes),
  ])
  const [others, unput, unjoined] = rest
  const failed = earliest(changes, [...[...counted, ...others].map(one => one.failed), ...unput, ...unjoined])
  const recorded = failed === undefined ? changes : changes.slice(0, changes.indexOf(failed))
  return (await publishEvents(deps, recorded, place)) ?? failed
}

const stocksIn = (counted: readonly Counted<StockDerivation>[]): ReadonlyMap<string, Stock> =>
  new Map(counted.map(({ derivation, now }) => [derivation.queue, stockFrom(now)]))

function earliest(changes: readonly JobChange[], failed: readonly (JobChange | undefined)[]): JobChange | undefined {
  const all = new Set(failed)
  return changes.find(change => all.has(change))
}

/** Runs and tags: written once under a key of their own, so a repetition changes nothing. */
async function putRecords(deps: RecorderDeps, changes: readonly JobChange[]): Promise<readonly JobChange[]> {
  const puts = changes.flatMap(change => recordsOf(deps, change).map(record => ({ change, record })))
  if (puts.length === 0) return []
  const outcomes = await deps.records.putIfAbsent(puts.map(({ record }) => record))
  return puts.flatMap(({ change, record }, index) => {
    const outcome = outcomes[index]
    if (outcome?.kind !== 'failed') return []
    if (!isForEver(outcome.error)) return [change]
    setAside(deps, record.id, outcome.error)
    return []
  })
}

function recordsOf(deps: RecorderDeps, change: JobChange): readonly StoredRecord[] {
  const job = subjectOf(change)
  if (job === undefined) return []
  const { runner, history: usual = 'failed' } = deps
  const policy = policyOf(runner, job.type)
  const history = (Object.hasOwn(runner.queues, job.queue) ? runner.queues[job.queue]?.history : undefined) ?? usual
  const run = runRecordOf(change, history, policy)
  return [...(run === undefined ? [] : [run]), ...tagRecordsOf(change, policy.tagIndex === true)]
}

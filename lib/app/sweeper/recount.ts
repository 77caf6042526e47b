import {
  countedChanges,
  differencesIn,
  differencesOf,
  inBoth,
  isUnsure,
  mendIfAsSeen,
  noteDifferences,
  type Recount,
  sizeOf,
} from '../../core/history/recount.ts'
import { stockFrom } from '../../core/history/stock.ts'
import { recountKey, stockKey } from '../../core/records/keys.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { skewBudgetMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'

/** The stock of each queue of the runner. */
export type Stocks = ReadonlyMap<string, StoredRecord | undefined>

/** @throws Unavailable */
export async function readStocks({ runner, records }: Deps): Promise<Stocks> {
  const queues = Object.keys(runner.queues)
  const stored = await records.get(queues.map(stockKey))
  return new Map(queues.map((queue, index) => [queue, stored[index]]))
}

/** The recorder collects for five seconds, and needs some more. */
const catchUpMs = 15_000

/**
 * Compares what a whole scan has found with what the recorder has counted. A difference that two recounts in a row find
 * is corrected and reported; one alone may be the recorder's lag. Where the recorder has lost changes, or never had any,
 * the first recount corrects.
 *
 * @param before the stocks when the scan began
 * @throws Unavailable
 */
export async function compareCounts(deps: Deps, found: Recount, before: Stocks): Promise<void> {
  await deps.clock.sleep(catchUpMs)
  const after = await readStocks(deps)
  const queues = [...after.keys()]
  const earlier = await deps.records.get(queues.map(recountKey))
  for (const [index, queue] of queues.entries()) {
    await compareQueue(deps, queue, {
      found,
      stock: after.get(queue),
      noted: earlier[index],
      moved: countedChanges(after.get(queue)) - countedChanges(before.get(queue)),
    })
  }
}

interface Comparison {
  readonly found: Recount
  readonly stock: StoredRecord | undefined
  readonly noted: StoredRecord | undefined
  /** Changes that were counted while the scan went on. */
  readonly moved: number
}

async function compareQueue(
  { records, clock, telemetry }: Deps,
  queue: string,
  { found, stock, noted, moved }: Comparison,
): Promise<void> {
  const now = clock.now()
  const { asOf = Number.NEGATIVE_INFINITY } = stockFrom(stock)
  const isFirst = isUnsure(stock)
  // A change to the second; its job's own clock may be ahead.
  if (!isFirst && found.newestIn(queue) > asOf + 1_000 + skewBudgetMs) return
  const differences = differencesOf(found.of(queue), stockFrom(stock), moved)
  const wrong = isFirst ? differences : inBoth(differences, differencesIn(noted))
  if (wrong.size > 0 || (isFirst && stock !== undefined)) {
    const [outcome] = await records.update([{ key: stockKey(queue), change: mendIfAsSeen(stock, wrong, now) }])
    if (outcome?.kind !== 'applied') return
  }
  if (differences.size > 0) {
    const isRepeated = !isFirst && wrong.size > 0
    telemetry.emit({ name: 'counts_drift', queue, jobs: sizeOf(isRepeated ? wrong : differences), isRepeated })
  }
  // What is corrected by now must not be found again.
  const left = wrong.size > 0 ? new Map<string, number>() : differences
  if (left.size > 0 || differencesIn(noted).size > 0) await records.update([noteDifferences(queue, left, now)])
}

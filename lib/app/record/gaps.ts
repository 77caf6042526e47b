/** When the recorder was away for longer than the stream remembers. */
import { stockFrom } from '../../core/history/stock.ts'
import { gapKey } from '../../core/records/keys.ts'
import type { Counted } from './count.ts'
import type { RecorderDeps } from './recorder-deps.ts'

const hourMs = 3_600_000
/** DynamoDB's streams keep a record for 24 hours: one that is nearly as old may have had others before it. */
const nearlyForgottenMs = 23 * hourMs
/** A table in use has changed in between. */
const shortestGapMs = 60_000
const keepMs = 400 * 24 * hourMs

/**
 * Leaves a record, and a report, for each queue whose next change is nearly forgotten and follows the last counted one
 * at a distance: what lies between is lost. The stock is marked, so that the next recount takes its own word for it.
 */
export async function reportGaps(deps: RecorderDeps, counted: readonly Counted[], now: number): Promise<void> {
  const gaps = counted.flatMap(({ derivation, before }) => {
    const [first] = derivation.changes
    const fromAt = stockFrom(before).asOf
    if (first === undefined || fromAt === undefined) return []
    const isGap = now - first.at > nearlyForgottenMs && first.at - fromAt > shortestGapMs
    return isGap ? [{ key: derivation.key, fromAt, untilAt: first.at }] : []
  })
  if (gaps.length === 0) return
  for (const { fromAt, untilAt } of gaps) deps.telemetry.emit({ name: 'recorder_gap', fromAt, untilAt })
  await deps.records.putIfAbsent(
    gaps.map(({ fromAt, untilAt }) => ({
      ...gapKey(untilAt),
      attributes: { fromAt, untilAt, ttl: Math.ceil((untilAt + keepMs) / 1_000) },
    })),
  )
  await deps.records.update(
    gaps.map(({ key, untilAt }) => ({
      key,
      change: {
        name: 'markGap',
        guard: [],
        actions: [{ op: 'set', attribute: 'gapAt', value: untilAt }],
        makes: true,
      },
    })),
  )
}

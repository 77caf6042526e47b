/** Who is before a job at its gate. */
import type { Line } from '../../core/lookup/explain.ts'
import { gateFrom } from '../../core/records/gate.ts'
import { gateKey, ticketPrefix } from '../../core/records/keys.ts'
import { freeSlot } from '../../core/records/rate.ts'
import type { RecordKey } from '../../core/records/record.ts'
import type { Deps } from '../../ports/deps.ts'
import { type ParkedJob, ticketKeyOf } from '../gates/line.ts'
import { limitAt } from '../known-control.ts'

/** Tickets that are counted: some 200 bytes each, 25 read units for a thousand. */
const maxCounted = 10_000
const pageSize = 1_000

/** @throws Unavailable */
export async function lineAt(deps: Pick<Deps, 'records' | 'runner' | 'clock'>, job: ParkedJob): Promise<Line> {
  const limit = await limitAt(deps, job.gate)
  const [record] = await deps.records.get([gateKey(job.gate)])
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(limit?.rate === undefined ? {} : { nextSlotAt: freeSlot(record, limit.rate, deps.clock.now()) }),
    heldBy: [...gateFrom(record).held.keys()],
    ...(await aheadOf(deps, ticketKeyOf(job))),
  }
}

/** Tickets before this one. @throws Unavailable */
export async function aheadOf(
  deps: Pick<Deps, 'records'>,
  { id, part }: RecordKey,
): Promise<Pick<Line, 'ahead' | 'isExact'>> {
  let [ahead, from]: [number, string | undefined] = [0, undefined]
  let isWhole = false
  do {
    const query = { id, prefix: ticketPrefix, limit: pageSize, ...(from === undefined ? {} : { from }) }
    const { records, next } = await deps.records.query(query)
    const before = records.filter(ticket => ticket.part < part).length
    ahead += before
    isWhole = before < records.length || next === undefined
    from = next
  } while (!isWhole && ahead < maxCounted)
  return { ahead, isExact: isWhole }
}

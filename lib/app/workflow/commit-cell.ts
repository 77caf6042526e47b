/** A cell and the handler's own writes, in one transaction: the cell keeps a second one from being carried out. */
import { CommitRefused } from '../../core/definition/handler-errors.ts'
import { checkItems, type TransactItem } from '../../core/definition/transact-item.ts'
import { type Cell, cellFrom } from '../../core/records/cell.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { CommitTooLarge, InvalidInput, isRefusedForEver } from '../../core/values/errors.ts'
import { maxTransactActions } from '../../core/values/quotas.ts'
import type { ActionReason, TransactAction } from '../../ports/record-store.ts'
import { newRequestToken } from '../tokens.ts'
import type { RunLease } from '../worker/run-lease.ts'

/** Pauses between two tries. Beyond those of the store, which waits out conflicts. */
const pausesMs = [200, 1_000, 3_000] as const

/** Whole, before anything is sent. @throws InvalidInput, CommitTooLarge */
export function checkStepItems(name: string, items: readonly TransactItem[]): void {
  const field = `stepCommit(${name}).items`
  if (!Array.isArray(items)) throw new InvalidInput(field, items, 'a list of writes')
  const count = 1 + items.length
  if (count > maxTransactActions) throw new CommitTooLarge('items', count, maxTransactActions)
  checkItems(field, items)
}

/**
 * Carried out late or twice it finds the cell, and changes nothing: so no owner is asked for.
 * @returns the cell that is stored, whoever wrote it; undefined when nobody knows whether it is
 * @throws CommitRefused, and what would be refused for ever
 */
export async function commitCell(
  { run }: RunLease,
  record: StoredRecord,
  items: readonly TransactItem[],
): Promise<Cell | undefined> {
  const { records, clock, random } = run.batch.deps
  const token = newRequestToken(random)
  const actions: readonly TransactAction[] = [
    { kind: 'put', record },
    ...items.map(item => ({ kind: 'own', item }) as const),
  ]
  for (let tries = 0; ; tries += 1) {
    const outcome = await records.transact(actions, token)
    if (outcome.kind === 'done') return cellFrom(record)
    if (outcome.kind === 'refused') return storedOrRefused(outcome.reasons, items)
    if (outcome.kind === 'failed' && isRefusedForEver(outcome.error)) throw outcome.error
    const pauseMs = pausesMs[tries]
    if (pauseMs === undefined) return undefined
    await clock.sleep(pauseMs)
  }
}

/** The cell decides: where it is there, its items are as well, and their conditions may not hold a second time. */
function storedOrRefused([own, ...reasons]: readonly ActionReason[], items: readonly TransactItem[]): Cell | undefined {
  if (own?.kind === 'refusedByRecord') return own.record === undefined ? undefined : cellFrom(own.record)
  for (const [index, item] of items.entries()) {
    const reason = reasons[index]
    if (reason?.kind === 'refusedByOwn') throw new CommitRefused(index, item, reason.stored)
  }
  return undefined
}

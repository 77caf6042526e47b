/** What a test has in the place of the application's own tables: a list of what was written to them. */
import { renderOwn } from '../aws/dynamodb/own-item.ts'
import type { TransactItem } from '../core/definition/transact-item.ts'

/** Whether a write of the application's own may be made. */
export type OwnOutcome =
  | { readonly kind: 'fits'; write(): void }
  | { readonly kind: 'refused'; readonly stored?: Readonly<Record<string, unknown>> }

/** The application's own tables, as a transaction in memory sees them. */
export interface OwnTables {
  /** @throws InvalidInput */
  prepare(item: TransactItem): OwnOutcome
}

/**
 * No table, and no condition: which writes are refused is what the test says.
 * @param isRefused stands for the conditions of the application's own writes
 */
export class OwnWrites implements OwnTables {
  /** Every write that was carried out, in order, as it was given. */
  readonly committed: TransactItem[] = []
  readonly #isRefused: (item: TransactItem) => boolean

  constructor(isRefused: (item: TransactItem) => boolean = () => false) {
    this.#isRefused = isRefused
  }

  prepare(item: TransactItem): OwnOutcome {
    renderOwn(item)
    if (this.#isRefused(item)) return { kind: 'refused' }
    return { kind: 'fits', write: () => void this.committed.push(item) }
  }
}

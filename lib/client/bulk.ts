/** What an application does with many jobs at once. */
import { type BulkPage, type BulkView, getBulk, listBulks } from '../app/bulk/bulk.ts'
import type { BulkOptions } from '../app/bulk/bulk-request.ts'
import type { Acts } from '../app/operate/acts.ts'
import type { CancelOutcome } from '../app/operate/operate.ts'
import type { Deps } from '../ports/deps.ts'

export type { BulkPage, BulkView } from '../app/bulk/bulk.ts'
export type { BulkOptions } from '../app/bulk/bulk-request.ts'

/** Bulk acts, each a job of Lamplighter's own that a crash does not stop. */
export interface BulkClient {
  /**
   * Retries, cancels, deletes, runs or reschedules every job that matches. Returns when its job is enqueued.
   * @example
   * const { id } = await client.bulk.start({ action: 'retry', filter: { queue: 'mails', why: 'TimeoutError' }, rate: 100 })
   * @throws InvalidInput naming the field, the value and what is allowed: nothing was written
   * @throws Unavailable
   */
  readonly start: (options: BulkOptions) => Promise<BulkView>
  /** How far it is; undefined when there is none. @throws InvalidInput, Unavailable */
  readonly get: (id: string) => Promise<BulkView | undefined>
  /**
   * Those of the last 90 days, backfills included, the newest first.
   * @param options `limit` 1 to 100, default 20; `cursor` from the page before
   * @throws InvalidInput, Unavailable
   */
  readonly list: (options?: { readonly limit?: number; readonly cursor?: string }) => Promise<BulkPage>
  /** Stops it within 5 s; what is done stays done, and is counted. @throws InvalidInput, Unavailable */
  readonly cancel: (id: string) => Promise<CancelOutcome>
}

export const bulkOn = (deps: Deps, acts: Acts): BulkClient => ({
  start: options => acts.startBulk(queueIn(options), options),
  get: id => getBulk(deps, id),
  list: options => listBulks(deps, options),
  cancel: id => acts.cancelBulk(id),
})

/** Of any value: what is wrong with it, the act itself says. */
const queueIn = (options: Partial<BulkOptions> | undefined): string => options?.filter?.queue ?? '*'

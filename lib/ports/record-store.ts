import type { TransactItem } from '../core/definition/transact-item.ts'
import type { Job } from '../core/job/job.ts'
import type { RecordChange } from '../core/records/change.ts'
import type { RecordKey, StoredRecord } from '../core/records/record.ts'
import type { Transition } from '../core/transitions/transition.ts'

/** A change of one record. Several changes of one record in one call are carried out in their order. */
export interface RecordUpdate {
  readonly key: RecordKey
  readonly change: RecordChange
}

interface Failed {
  readonly kind: 'failed'
  /** Unwritable, InvalidInput or CommitTooLarge: it would be refused for ever. Anything else: not known whether it was carried out. */
  readonly error: Error
}

export type PutOutcome =
  | { readonly kind: 'put' }
  /** The key is taken; by whom, the stored record tells. */
  | { readonly kind: 'exists'; readonly record: StoredRecord }
  | Failed

export type UpdateOutcome =
  /** The record as it is now; as it was, when the change deleted it. */
  | { readonly kind: 'applied'; readonly record: StoredRecord }
  /** A clause did not hold. The stored record, or undefined when there is none. */
  | { readonly kind: 'refused'; readonly record: StoredRecord | undefined }
  | Failed

export interface PartQuery {
  readonly id: string
  /** With which the part begins; an empty text takes all. */
  readonly prefix: string
  /** Records of one page; a page may end earlier. 1 or more. */
  readonly limit: number
  /** What the page before gave as `next`, or any other text with the prefix: parts behind it, whether or not it is one. */
  readonly from?: string
  /** The greatest part first. @default false */
  readonly isDescending?: boolean
  /** Sees every write that was answered before; costs twice as much. @default false */
  readonly isConsistent?: boolean
}

export interface RecordPage {
  /** In the order of their parts, which compare by their UTF-8 bytes. */
  readonly records: readonly StoredRecord[]
  /** Where the next page starts; undefined after the last. */
  readonly next: string | undefined
}

/** A row of the records' timeline index. A candidate, never the truth; the index may be behind. */
export interface RecordRow extends RecordKey {
  readonly lookAt: number
}

export interface RecordRowPage {
  readonly rows: readonly RecordRow[]
  readonly next: string | undefined
}

/** One action of a transaction. No two may touch the same item. */
export type TransactAction =
  /** Written if the key is absent. */
  | { readonly kind: 'put'; readonly record: StoredRecord }
  | ({ readonly kind: 'update' } & RecordUpdate)
  /** Written if the id is absent. */
  | { readonly kind: 'insertJob'; readonly job: Job }
  | { readonly kind: 'changeJob'; readonly id: string; readonly transition: Transition }
  /** A write of the application's own, in any table of this account and region. */
  | { readonly kind: 'own'; readonly item: TransactItem }

/** What one action had to do with the transaction's failure. */
export type ActionReason =
  /** Nothing against this one. */
  | { readonly kind: 'fine' }
  /** Its condition did not hold. What is stored under its key, or undefined when there is none. */
  | { readonly kind: 'refusedByRecord'; readonly record: StoredRecord | undefined }
  | { readonly kind: 'refusedByJob'; readonly job: Job | undefined }
  /** What is stored in the form in which the write was given; undefined when there is none, or it was not asked for. */
  | { readonly kind: 'refusedByOwn'; readonly stored: Readonly<Record<string, unknown>> | undefined }

export type TransactOutcome =
  /** Everything was written, by this call or by an earlier one with the same token. */
  | { readonly kind: 'done' }
  /** Nothing was written. One reason for each action, in their order; at least one is a refusal. */
  | { readonly kind: 'refused'; readonly reasons: readonly ActionReason[] }
  /** Nothing was written, and nothing that was asked stands against it: others held the items, or were too many. */
  | { readonly kind: 'busy'; readonly error: Error }
  | Failed

/** Holds every record. Answers per entry, in the order asked; an entry's failure is its outcome, never an exception. */
export interface RecordStore {
  /** Writes those whose key is absent. */
  putIfAbsent(records: readonly StoredRecord[]): Promise<readonly PutOutcome[]>
  update(updates: readonly RecordUpdate[]): Promise<readonly UpdateOutcome[]>
  /**
   * Consistent reads; undefined where there is none.
   * @throws Unavailable
   */
  get(keys: readonly RecordKey[]): Promise<readonly (StoredRecord | undefined)[]>
  /**
   * The records of one id whose part begins with a prefix, a page at a time.
   * @throws Unavailable
   * @throws InvalidInput for a `from` that no page gave
   */
  query(query: PartQuery): Promise<RecordPage>
  /**
   * Rows of one lane with `lookAt ≤ until`, the earliest first, a page at a time.
   * @throws Unavailable
   * @throws InvalidInput for a `from` that no page gave
   */
  due(lane: string, until: number, limit: number, from?: string): Promise<RecordRowPage>
  /**
   * All of it or nothing: 1 to 100 actions, 4 MB together, over records, jobs and tables of the application's own. The same call under the same token
   * within ten minutes is carried out once. Conflicts with others' transactions are waited out for a second and a half.
   * Never rejects.
   * @param token 1 to 36 characters; the same for other actions is an error
   */
  transact(actions: readonly TransactAction[], token: string): Promise<TransactOutcome>
}

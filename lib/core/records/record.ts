/**
 * A record is everything that must last and is no job: a payload, a cell, a gate, a schedule, the control record. It
 * lives in a table of its own under `id` and `part`. Records have no common set of attributes, so what a value means
 * follows from its form and its name, never from a list of attributes.
 */

export interface RecordKey {
  /** A job's id, or an id of the system, which begins with `#`. */
  readonly id: string
  /** Which of the records of this id; they sort by it. */
  readonly part: string
}

/** A text, or a finite number. Under a name such as `dueAt` or `heldUntil` a number is an instant: see `isInstantName`. */
export type Scalar = string | number
/** What an entry of a map may hold; names are attribute names. */
export type Fields = { readonly [name: string]: Scalar }
/** A map. Its keys are data, such as ids of jobs: nothing is read into them. */
export type Entries = { readonly [key: string]: Scalar | Fields }
/** A set of numbers has at least one member: DynamoDB stores no empty set. A set that is emptied is gone. */
export type RecordValue = Scalar | ReadonlySet<number> | Entries

/**
 * By name. Three names mean the same in every record: `lane` and `lookAt` (both: it has a row in the index) and `ttl`
 * (epoch seconds after which DynamoDB deletes it). `id` and `part` are the key, and no attributes.
 */
export type RecordAttributes = { readonly [name: string]: RecordValue }

export interface StoredRecord extends RecordKey {
  readonly attributes: RecordAttributes
}

/**
 * Whether an attribute or a field of this name is an instant: epoch milliseconds in code, ISO 8601 text with
 * milliseconds in the table. So a person can read it in the console, and text sorts as time does.
 */
export const isInstantName = (name: string): boolean => /(?:^at|At|^until|Until)$/.test(name)

/**
 * Whether a queue with a window is behind: jobs wait in the table, in line, and new ones join them. A flag in the queue's own
 * record. It is a hint that saves reads: the line itself is what the tick looks at.
 */
import type { RecordChange } from './change.ts'
import type { StoredRecord } from './record.ts'

/** Since when the queue is behind, epoch milliseconds; undefined where it is not. */
export function behindSince(record: StoredRecord | undefined): number | undefined {
  const since = record?.attributes['behind']
  return typeof since === 'number' ? since : undefined
}

export const fallBehindIfNot = (now: number): RecordChange => ({
  name: 'fallBehindIfNot',
  guard: [{ attribute: 'behind', op: 'absent' }],
  actions: [{ op: 'set', attribute: 'behind', value: now }],
  makes: true,
})

/** Nobody waits any more, and few messages are left. Whoever writes it looks at the line once more. */
export const catchUpIfSeen = (since: number): RecordChange => ({
  name: 'catchUpIfSeen',
  guard: [{ attribute: 'behind', op: '=', value: since }],
  actions: [{ op: 'remove', attribute: 'behind' }],
})

/** How the last tick went, for those who ask whether the sweeper works: one write unit a tick. */
import type { RecordChange } from './change.ts'
import type { StoredRecord } from './record.ts'

export interface TickNote {
  /** Rows that were due. */
  readonly looked: number
  /** Items that nobody can handle. */
  readonly setAside: number
  /** Due jobs whose write did not succeed. */
  readonly leftOver: number
  /** How late the earliest row was. */
  readonly oldestDueMs: number
  /** False when something was left to the next tick. */
  readonly isComplete: boolean
}

export interface LastTick extends TickNote {
  /** When it ended, epoch milliseconds. */
  readonly endedAt: number
}

/** Two ticks at once write one after the other: the record is the last one's, whole. */
export const noteTick = (
  { looked, setAside, leftOver, oldestDueMs, isComplete }: TickNote,
  endedAt: number,
): RecordChange => ({
  name: 'noteTick',
  guard: [],
  actions: [
    { op: 'set', attribute: 'endedAt', value: endedAt },
    { op: 'set', attribute: 'looked', value: looked },
    { op: 'set', attribute: 'setAside', value: setAside },
    { op: 'set', attribute: 'leftOver', value: leftOver },
    { op: 'set', attribute: 'oldestDueMs', value: oldestDueMs },
    { op: 'set', attribute: 'cutShort', value: isComplete ? 0 : 1 },
  ],
  makes: true,
})

/** Undefined before the first tick, and where an edit left nothing to read. */
export function lastTickFrom(record: StoredRecord | undefined): LastTick | undefined {
  const { endedAt, looked, setAside, leftOver, oldestDueMs, cutShort } = record?.attributes ?? {}
  if (typeof endedAt !== 'number') return undefined
  return {
    endedAt,
    looked: count(looked),
    setAside: count(setAside),
    leftOver: count(leftOver),
    oldestDueMs: count(oldestDueMs),
    isComplete: cutShort !== 1,
  }
}

const count = (value: unknown): number => (typeof value === 'number' ? value : 0)

/**
 * The daily recount: jobs as they are in the table, against jobs as they were counted from the stream. The scan takes
 * minutes while jobs move, so a difference counts only beyond the number of changes that were counted meanwhile.
 */
import type { Job } from '../job/job.ts'
import type { RecordChange } from '../records/change.ts'
import { isEntries } from '../records/change.ts'
import { recountKey } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { countedName } from './job-change.ts'
import { type Stock, stockFrom, stockPlaceOf } from './stock.ts'

/** `<type>:<state>` → jobs. */
export type Places = ReadonlyMap<string, number>

const placeName = (type: string, state: string): string => `${type}:${state}`

/** Counts what a scan brings, by queue. */
export class Recount {
  readonly #queues = new Map<string, Map<string, number>>()
  readonly #newest = new Map<string, number>()

  see(job: Job): void {
    const { queue, type, state } = stockPlaceOf(job)
    const places = this.#queues.get(queue) ?? new Map<string, number>()
    const name = placeName(type, state)
    this.#queues.set(queue, places.set(name, (places.get(name) ?? 0) + 1))
    const { insertedAt, startedAt = 0, finishedAt = 0 } = job
    this.#newest.set(queue, Math.max(this.#newest.get(queue) ?? 0, insertedAt, startedAt, finishedAt))
  }

  /** @param queue as the runner calls it */
  of(queue: string): Places {
    return this.#queues.get(countedName(queue)) ?? new Map()
  }

  /** The latest instant that a job of the queue bears: what happened then must be counted, or the recorder is behind. */
  newestIn(queue: string): number {
    return this.#newest.get(countedName(queue)) ?? 0
  }
}

/** Jobs that were found in addition to those counted; negative where fewer were found. Only what differs beyond `moved`. */
export function differencesOf(found: Places, stock: Stock, moved: number): Places {
  const counted = new Map<string, number>()
  for (const [type, states] of stock.types) {
    for (const [state, count] of states) counted.set(placeName(type, state), count)
  }
  const names = new Set([...found.keys(), ...counted.keys()])
  const all = [...names].map(name => [name, (found.get(name) ?? 0) - (counted.get(name) ?? 0)] as const)
  return new Map(all.filter(([, difference]) => Math.abs(difference) > moved))
}

/** What both recounts found, the smaller of the two. */
export function inBoth(now: Places, before: Places): Places {
  const both = [...now].map(([name, difference]) => {
    const earlier = before.get(name) ?? 0
    const isSame = Math.sign(earlier) === Math.sign(difference)
    return [name, isSame ? Math.sign(difference) * Math.min(Math.abs(difference), Math.abs(earlier)) : 0] as const
  })
  return new Map(both.filter(([, difference]) => difference !== 0))
}

export const sizeOf = (differences: Places): number =>
  [...differences.values()].reduce((sum, difference) => sum + Math.abs(difference), 0)

/** What the recount before left. */
export function differencesIn(record: StoredRecord | undefined): Places {
  const stored = record?.attributes['differences']
  const entries = stored !== undefined && isEntries(stored) ? Object.entries(stored) : []
  return new Map(entries.flatMap(([name, value]) => (typeof value === 'number' ? [[name, value] as const] : [])))
}

/** Leaves what was found to the next recount. */
export const noteDifferences = (queue: string, differences: Places, now: number) => ({
  key: recountKey(queue),
  change: {
    name: 'noteDifferences',
    guard: [],
    actions: [
      { op: 'set', attribute: 'differences', value: Object.fromEntries(differences) },
      { op: 'set', attribute: 'at', value: now },
    ],
    makes: true,
  } satisfies RecordChange,
})

/** A stock that the recorder itself does not vouch for: none was ever counted, or it lost changes. */
export const isUnsure = (record: StoredRecord | undefined): boolean =>
  stockFrom(record).asOf === undefined || record?.attributes['gapAt'] !== undefined

/** Changes of the queue's jobs that were ever counted. */
export function countedChanges(record: StoredRecord | undefined): number {
  const changes = record?.attributes['changes']
  return typeof changes === 'number' ? changes : 0
}

/** Corrects a stock. Under the guard that nobody else has: carried out twice it would be wrong by as much again. */
export function mendIfAsSeen(record: StoredRecord | undefined, differences: Places, now: number): RecordChange {
  const attribute = 'mendedAt'
  const seen = record?.attributes[attribute]
  return {
    name: 'mendIfAsSeen',
    guard: [typeof seen === 'number' ? { attribute, op: '=', value: seen } : { attribute, op: 'absent' }],
    actions: [
      { op: 'set', attribute, value: now },
      ...[...differences].map(([name, amount]) => ({ op: 'add', attribute: name, amount }) as const),
      ...(record?.attributes['gapAt'] === undefined ? [] : [{ op: 'remove', attribute: 'gapAt' } as const]),
    ],
    makes: true,
  }
}

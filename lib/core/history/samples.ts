/** Some of the jobs that a minute counted, so that a person has something to look at. Never all: never counted. */
import type { RecordAction } from '../records/change.ts'
import { isEntries } from '../records/change.ts'
import { samplesKey } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { groupBy } from '../values/lists.ts'
import type { Derivation } from './derivation.ts'
import { type FlowCount, flowCounts, flowOf, queueOf, subjectOf } from './flow.ts'
import type { JobChange } from './job-change.ts'

/** Of each outcome in a minute. */
export const maxSamples = 20
/** Jobs that are only enqueued or started are in other lists. */
export type Sampled = Exclude<FlowCount, 'enqueued' | 'started'>
const sampled = flowCounts.filter((name): name is Sampled => name !== 'enqueued' && name !== 'started')

const minuteMs = 60_000
const keepMs = 48 * 3_600_000

/** One for each queue and minute. */
export function sampleDerivations(changes: readonly JobChange[]): readonly Derivation[] {
  const relevant = changes.filter(change => flowOf(change).some(name => (sampled as readonly string[]).includes(name)))
  const groups = groupBy(relevant, change => JSON.stringify([queueOf(change), Math.floor(change.at / minuteMs)]))
  return [...groups.values()].flatMap(some => {
    const [first] = some
    if (first === undefined) return []
    const ttl = Math.ceil((first.at + keepMs) / 1_000)
    return [
      {
        key: samplesKey(queueOf(first), first.at),
        changes: some,
        isWanted: hasRoom,
        actions: (record: StoredRecord | undefined, fresh: readonly JobChange[]) => [
          ...sampleActions(record, fresh),
          { op: 'set', attribute: 'ttl', value: ttl } as const,
        ],
      },
    ]
  })
}

/** Whether one of these changes would still be taken: most minutes of a busy queue are full after a second. */
const hasRoom = (record: StoredRecord | undefined, changes: readonly JobChange[]): boolean =>
  sampleActions(record, changes).length > 0

function sampleActions(record: StoredRecord | undefined, changes: readonly JobChange[]): readonly RecordAction[] {
  return sampled.flatMap(name => {
    const stored = record?.attributes[name]
    const known = stored !== undefined && isEntries(stored) ? stored : {}
    const room = maxSamples - Object.keys(known).length
    const added = changes
      .filter(change => flowOf(change).includes(name))
      .flatMap(change => {
        const id = subjectOf(change)?.id
        return id === undefined || Object.hasOwn(known, id) ? [] : [[id, change.at] as const]
      })
      .slice(0, Math.max(0, room))
    const value = { ...known, ...Object.fromEntries(added) }
    return added.length === 0 ? [] : [{ op: 'set', attribute: name, value } as const]
  })
}

export type Samples = ReadonlyMap<Sampled, readonly { readonly id: string; readonly at: number }[]>

/** The latest first. */
export function samplesFrom(record: StoredRecord | undefined): Samples {
  const listed = sampled.map(name => {
    const stored = record?.attributes[name]
    const entries = stored !== undefined && isEntries(stored) ? Object.entries(stored) : []
    const samples = entries.flatMap(([id, at]) => (typeof at === 'number' ? [{ id, at }] : []))
    return [name, samples.toSorted((a, b) => b.at - a.at)] as const
  })
  return new Map(listed)
}

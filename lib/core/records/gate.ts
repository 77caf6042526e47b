/**
 * A gate: at most so many jobs of one key run at once. Its record holds a permit for each, and has a row in the index while
 * jobs wait in line. A permit is taken before the start, and goes when the run is over, never before.
 */
import { shardOf } from '../job/lane.ts'
import { parseInstant } from '../values/instant.ts'
import { isEntries, type RecordChange } from './change.ts'
import { gateKey, gateLane, gateShards } from './keys.ts'
import type { RecordKey, StoredRecord } from './record.ts'

export interface Permit {
  /** The owner of the run; or the promise to a message, as `promiseTo` writes it. */
  readonly by: string
  /** The end of the run's lease; of a promise, the end of the message's hold. */
  readonly until: number
}

export interface Gate {
  /** Job → its permit. */
  readonly held: ReadonlyMap<string, Permit>
  /** Since when jobs wait in line. Absent: nobody looks at the gate but who passes it. */
  readonly lookAt?: number
}

/** Reads whatever the record holds; what is no permit counts as absent. */
export function gateFrom(record: StoredRecord | undefined): Gate {
  const { held, lane, lookAt } = record?.attributes ?? {}
  const entries = held === undefined || !isEntries(held) ? [] : Object.entries(held)
  const permits = entries.flatMap(([job, entry]) => {
    const { by, until } = typeof entry === 'object' ? entry : {}
    return typeof by === 'string' && typeof until === 'number' ? [[job, { by, until }] as const] : []
  })
  return {
    held: new Map(permits),
    ...(typeof lane === 'string' && typeof lookAt === 'number' ? { lookAt } : {}),
  }
}

const promiseMark = '→'
/** The place is the next message's, of this fence: whoever receives it takes the promise as a permit. */
export const promiseTo = (fence: number): string => `${promiseMark}${fence}`
/** The fence of the message that the place is promised to; undefined for the permit of a run. */
export const promisedFence = ({ by }: Permit): number | undefined =>
  by.startsWith(promiseMark) ? Number(by.slice(promiseMark.length)) : undefined

/** A gate that nobody has passed for so long is forgotten. */
const keptMs = 30 * 86_400_000
export const ttlAt = (now: number): number => Math.ceil((now + keptMs) / 1_000)

type SetChange = Extract<RecordChange, { readonly actions: unknown }>

/** What asks for a place. */
export interface Taking {
  readonly jobId: string
  readonly permit: Permit
  /** Places that the gate has. */
  readonly max: number
  readonly now: number
}

const write = ({ jobId, permit, now }: Omit<Taking, 'max'>): SetChange['actions'] => [
  { op: 'setEntry', attribute: 'held', key: jobId, value: { ...permit } },
  { op: 'set', attribute: 'ttl', value: ttlAt(now) },
]

/** The job has no permit, and a place is free. */
export const takeIfFree = (taking: Taking): SetChange => ({
  name: 'takeIfFree',
  guard: [
    { attribute: 'held', key: taking.jobId, op: 'absent' },
    { attribute: 'held', op: 'sizeBelow', value: taking.max },
  ],
  actions: write(taking),
})

/**
 * In the place of a promise, or of a run whose lease is over; not where the limit was lowered meanwhile, and more places are
 * held than there are.
 * @param seen without `until`: a promise may be any age
 */
export const takeOverIfSeen = (
  taking: Taking,
  seen: Pick<Permit, 'by'> & Partial<Pick<Permit, 'until'>>,
): SetChange => ({
  name: 'takeOverIfSeen',
  guard: [...heldAs(taking.jobId, seen), { attribute: 'held', op: 'sizeBelow', value: taking.max + 1 }],
  actions: write(taking),
})

const heldAs = (jobId: string, { by, until }: Pick<Permit, 'by'> & Partial<Pick<Permit, 'until'>>) => [
  { attribute: 'held', key: jobId, field: 'by', op: '=', value: by } as const,
  ...(until === undefined ? [] : [{ attribute: 'held', key: jobId, field: 'until', op: '=', value: until } as const]),
]

/** The run goes on: its permit lasts as long as its lease. */
export const prolongIfMine = (jobId: string, permit: Permit): SetChange => ({
  name: 'prolongIfMine',
  guard: heldAs(jobId, { by: permit.by }),
  actions: [{ op: 'setEntry', attribute: 'held', key: jobId, value: { ...permit } }],
})

/** The place is free. @param seen with `until`: as it was read, so that one that was prolonged meanwhile stays */
export const freeIfSeen = (jobId: string, seen: Pick<Permit, 'by'> & Partial<Pick<Permit, 'until'>>): SetChange => ({
  name: 'freeIfSeen',
  guard: heldAs(jobId, seen),
  actions: [{ op: 'removeEntry', attribute: 'held', key: jobId }],
})

const laneFor = (queue: string, gate: string): string => gateLane(queue, shardOf(gate, gateShards))

/** The sweeper looks at the gate with each tick from now on. */
export const watchIfIdle = (queue: string, gate: string, now: number): SetChange => ({
  name: 'watchIfIdle',
  guard: [{ attribute: 'lane', op: 'absent' }],
  actions: [
    { op: 'set', attribute: 'lane', value: laneFor(queue, gate) },
    { op: 'set', attribute: 'lookAt', value: now },
  ],
})

/** Nobody waits any more. */
export const leaveIfSeen = (lookAt: number): SetChange => ({
  name: 'leaveIfSeen',
  guard: [{ attribute: 'lookAt', op: '=', value: lookAt }],
  actions: [
    { op: 'remove', attribute: 'lane' },
    { op: 'remove', attribute: 'lookAt' },
  ],
})

/** A gate with one permit, or with none. Without the map, even an empty one, no entry could be written later. */
export const newGate = (gate: string, now: number, first?: Omit<Taking, 'max' | 'now'>): StoredRecord => ({
  ...gateKey(gate),
  attributes: { held: first === undefined ? {} : { [first.jobId]: { ...first.permit } }, ttl: ttlAt(now) },
})

/** Somebody took the map of permits away: an edit in the console. The gate goes on with this one. */
export const mendIfBroken = (taking: Omit<Taking, 'max'>): SetChange => ({
  name: 'mendIfBroken',
  guard: [{ attribute: 'held', op: 'absent' }],
  actions: [{ op: 'set', attribute: 'held', value: { [taking.jobId]: { ...taking.permit } } }],
})

/** A job's place in line. `parkedAt` tells one stay from the next. */
export const queueUp = (jobId: string, parkedAt: number, now: number): SetChange => ({
  name: 'queueUp',
  guard: [],
  actions: [
    { op: 'set', attribute: 'job', value: jobId },
    { op: 'set', attribute: 'parkedAt', value: parkedAt },
    { op: 'set', attribute: 'ttl', value: ttlAt(now) },
  ],
  makes: true,
})

export const leaveLineIfSeen = ({ attributes: { parkedAt } }: StoredRecord): RecordChange => ({
  name: 'leaveLineIfSeen',
  guard:
    typeof parkedAt === 'number'
      ? [{ attribute: 'parkedAt', op: '=', value: parkedAt }]
      : [{ attribute: 'parkedAt', op: 'absent' }],
  deletes: true,
})

/** The id of the job that a ticket stands for. */
export const jobOfTicket = ({ attributes: { job } }: StoredRecord): string => (typeof job === 'string' ? job : '')

/** When the job of a ticket is due; and a place in the line behind all tickets of its priority. */
export function ticketTimes({ part }: RecordKey): { readonly since: number; readonly beyondPriority: string } {
  const [kind = '', priority = '', since = ''] = part.split('#')
  // In the order of bytes the next after `#`.
  return { since: parseInstant(since) ?? 0, beyondPriority: `${kind}#${priority}$` }
}

/**
 * A schedule as its record keeps it: one attribute for each option, so that a person can read it in the console, and how
 * far it has come.
 */
import { shardOf } from '../job/lane.ts'
import { type Misfire, overlaps, type ScheduleDefinition, type ScheduleEnqueue } from '../schedule/definition.ts'
import type { When } from '../schedule/next.ts'
import { leadMs } from '../values/times.ts'
import { scheduleKey, scheduleLane } from './keys.ts'
import type { RecordAttributes, RecordKey, RecordValue, StoredRecord } from './record.ts'

/** Partitions of the index that hold the schedules. */
const scheduleShards = 4
/** `lookAt` of a paused schedule: it stays in its lane, where lists find it, and is never due. The year 9999. */
export const neverAt = 253_402_300_799_999

/**
 * - `ACTIVE` fires
 * - `PAUSED` does not; what falls into a pause is not missed
 * - `ENDED` has nothing left to fire; kept for 30 days
 * - `REMOVED` left the code; kept for 30 days
 */
export type ScheduleStatus = 'ACTIVE' | 'PAUSED' | 'ENDED' | 'REMOVED'

/** `code`: a deployment defines it, and alone may change it. `api`: it was made at run time, and deployments leave it alone. */
export type ScheduleOwner = 'code' | 'api'

/** The input of a stored schedule. A function is in the code of the deployment. */
export type StoredInput = { readonly kind: 'json'; readonly json: string } | { readonly kind: 'function' }

export type StoredDefinition = Omit<ScheduleDefinition, 'input' | 'paused'> & { readonly input: StoredInput }

/** A schedule: what it is, and how far it has come. Instants in epoch milliseconds. */
export interface StoredSchedule {
  readonly definition: StoredDefinition
  readonly owner: ScheduleOwner
  readonly status: ScheduleStatus
  /** Of the definition: tells whether a deployment changes it. */
  readonly hash: string
  /** Raised by each change but the firings. */
  readonly version: number
  readonly madeAt: number
  /** The first occurrence that has not been fired; absent unless it is ACTIVE. */
  readonly nextAt?: number
  /** The newest occurrence that was fired. */
  readonly lastAt?: number
  /** Its job. */
  readonly lastJob?: string
  /** Occurrences fired so far. */
  readonly fired: number
  /** Why it could not be fired at the last try. */
  readonly lastError?: string
  readonly pausedBy?: string
  readonly pausedAt?: number
  /** The definition that a deployment took over from, as JSON text. */
  readonly previous?: string
  /** Epoch seconds; with ENDED and REMOVED. */
  readonly ttl?: number
}

export const laneOfSchedule = (name: string): string => scheduleLane(shardOf(name, scheduleShards))

export const scheduleLanes: readonly string[] = Array.from({ length: scheduleShards }, (_, shard) =>
  scheduleLane(shard),
)

export const toScheduleRecord = (schedule: StoredSchedule): StoredRecord => ({
  ...scheduleKey(schedule.definition.name),
  attributes: attributesOf(schedule),
})

/** Every attribute of the record; without those that are absent. */
export function attributesOf(schedule: StoredSchedule): RecordAttributes {
  const { definition, version, ...state } = schedule
  const isListed = state.status === 'ACTIVE' || state.status === 'PAUSED'
  const lookAt = state.status === 'ACTIVE' && state.nextAt !== undefined ? state.nextAt - leadMs : neverAt
  return withoutAbsent({
    ...definitionAttributes(definition),
    ...state,
    v: version,
    ...(isListed ? { lane: laneOfSchedule(definition.name), lookAt } : {}),
  })
}

function definitionAttributes(definition: StoredDefinition): Readonly<Record<string, RecordValue | undefined>> {
  const { when, misfire, enqueue, input, ...plain } = definition
  const { kind: _, ...times } = when
  const { tags, ...options } = enqueue
  return {
    ...plain,
    ...times,
    ...(typeof misfire === 'string'
      ? { misfire }
      : { misfire: 'all', misfireAll: misfire.all, misfireWithinMs: misfire.withinMs }),
    ...options,
    tags: tags === undefined ? undefined : JSON.stringify(tags),
    ...(input.kind === 'json' ? { input: input.json } : { inputFrom: 'code' }),
  }
}

const withoutAbsent = (values: Readonly<Record<string, RecordValue | undefined>>): RecordAttributes =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

/** Undefined for a record that somebody's edit has damaged. */
export function scheduleFrom(record: StoredRecord): StoredSchedule | undefined {
  const read = reader(record.attributes)
  const definition = definitionFrom(read)
  const [status, owner] = [read.text('status'), read.text('owner')]
  if (definition === undefined || !isStatus(status) || (owner !== 'code' && owner !== 'api')) return undefined
  return {
    definition,
    owner,
    status,
    hash: read.text('hash') ?? '',
    version: read.count('v') ?? 0,
    madeAt: read.count('madeAt') ?? 0,
    fired: read.count('fired') ?? 0,
    ...pick(['nextAt', 'lastAt', 'pausedAt', 'ttl'], read.count),
    ...pick(['lastJob', 'lastError', 'pausedBy', 'previous'], read.text),
  }
}

export const isScheduleKey = ({ id, part }: RecordKey): boolean => id.startsWith('#schedule/') && part === 'schedule'

const isStatus = (value: unknown): value is ScheduleStatus =>
  value === 'ACTIVE' || value === 'PAUSED' || value === 'ENDED' || value === 'REMOVED'

interface Reader {
  readonly text: (name: string) => string | undefined
  readonly count: (name: string) => number | undefined
}

/** A value of another kind counts as absent. */
const reader = (attributes: RecordAttributes): Reader => ({
  text: name => {
    const value = attributes[name]
    return typeof value === 'string' ? value : undefined
  },
  count: name => {
    const value = attributes[name]
    return typeof value === 'number' ? value : undefined
  },
})

/** Those of the attributes that are there. */
const pick = <Name extends string, Value>(
  names: readonly Name[],
  read: (name: string) => Value | undefined,
): { readonly [K in Name]?: Value } =>
  Object.fromEntries(
    names.flatMap(name => {
      const value = read(name)
      return value === undefined ? [] : [[name, value]]
    }),
  ) as { readonly [K in Name]?: Value }

function definitionFrom(read: Reader): StoredDefinition | undefined {
  const { name, type, timezone = 'UTC' } = pick(['name', 'type', 'timezone'], read.text)
  const when = whenFrom(read, timezone)
  const overlap = overlaps.find(known => known === read.text('overlap'))
  const input = inputFrom(read)
  if (name === undefined || type === undefined || when === undefined || input === undefined) return undefined
  return {
    name,
    type,
    when,
    timezone,
    misfire: misfireFrom(read),
    overlap: overlap ?? 'allow',
    jitterMs: read.count('jitterMs') ?? 0,
    ...pick(['startAt', 'endAt', 'times'], read.count),
    enqueue: enqueueFrom(read),
    input,
  }
}

function whenFrom(read: Reader, timezone: string): When | undefined {
  const { cron, gap, repeat } = pick(['cron', 'gap', 'repeat'], read.text)
  const { everyMs, anchorAt, at } = pick(['everyMs', 'anchorAt', 'at'], read.count)
  if (cron !== undefined) {
    return {
      kind: 'cron',
      cron,
      timezone,
      gap: gap === 'skip' ? 'skip' : 'next',
      repeat: repeat === 'second' || repeat === 'both' ? repeat : 'first',
    }
  }
  if (everyMs !== undefined && anchorAt !== undefined) return { kind: 'every', everyMs, anchorAt }
  return at === undefined ? undefined : { kind: 'at', at }
}

function misfireFrom(read: Reader): Misfire {
  const { misfireAll: all, misfireWithinMs: withinMs } = pick(['misfireAll', 'misfireWithinMs'], read.count)
  if (all !== undefined) return withinMs === undefined ? { all } : { all, withinMs }
  return read.text('misfire') === 'skip' ? 'skip' : 'latest'
}

function inputFrom(read: Reader): StoredInput | undefined {
  const json = read.text('input')
  if (json !== undefined) return { kind: 'json', json }
  return read.text('inputFrom') === 'code' ? { kind: 'function' } : undefined
}

function enqueueFrom(read: Reader): ScheduleEnqueue {
  const tags = tagsFrom(read.text('tags'))
  return {
    ...pick(['maxAttempts', 'priority'], read.count),
    ...pick(['notify'], read.text),
    ...(tags === undefined ? {} : { tags }),
  }
}

function tagsFrom(text: string | undefined): readonly string[] | undefined {
  try {
    const tags: unknown = JSON.parse(text ?? 'null')
    return Array.isArray(tags) && tags.every(tag => typeof tag === 'string') ? tags : undefined
  } catch {
    return undefined
  }
}

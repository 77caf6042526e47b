/**
 * The key of every record, each spelt in one place only. docs/architecture.md shows them as this module makes them.
 *
 * - An id of the system begins with `#`; any other id is a job's. So no job can be taken for a system's record.
 * - `#` parts the words of a part; in a name it is written `%23` (and `%` as `%25`), so no name reads as two words.
 * - Numbers are padded, so that parts sort as their numbers do.
 * - Whatever belongs to a job carries its `life`: an id can come back after the job is deleted, records live longer.
 */
import { InvalidInput } from '../values/errors.ts'
import { formatInstant } from '../values/instant.ts'
import type { RecordKey } from './record.ts'

/** What a job's records are called after. `life` is the token that each insert of its id sets anew. */
export interface JobLife {
  readonly id: string
  readonly life: string
}

export const isSystemId = (id: string): boolean => id.startsWith('#')

const escaped = (name: string): string => name.replaceAll('%', '%25').replaceAll('#', '%23')

const plainDigits = 4
const firstLong = 'a'.charCodeAt(0)

/**
 * Four digits; beyond 9,999 a letter in front, one letter for each number of digits. Letters sort after digits, so the
 * order holds for every whole number there is.
 */
export function padded(count: number): string {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new InvalidInput('number in a key', count, 'a whole number from 0')
  const digits = String(count)
  if (digits.length <= plainDigits) return digits.padStart(plainDigits, '0')
  return String.fromCharCode(firstLong + digits.length - plainDigits - 1) + digits
}

const words = (...parts: readonly string[]): string => parts.join('#')

function ofJob({ id, life }: JobLife, ...parts: readonly string[]): RecordKey {
  if (isSystemId(id)) throw new InvalidInput('id', id, 'an id that does not begin with #')
  const [kind = '', ...rest] = parts
  return { id, part: words(kind, escaped(life), ...rest) }
}

/** An input that the item does not hold. The request's token: a refused duplicate overwrites nothing. */
export const inputKey = (job: JobLife, request: string): RecordKey => ofJob(job, 'input', escaped(request))

/** What one named step, sleep, signal or group of a generation left. @param isWait until when a signal is waited for */
export const cellKey = (job: JobLife, generation: number, name: string, isWait = false): RecordKey =>
  ofJob(job, 'cell', padded(generation), escaped(name), ...(isWait ? ['wait'] : []))

/** The children that a generation waits for: which chunks are left. */
export const groupKey = (job: JobLife, generation: number, name: string): RecordKey =>
  ofJob(job, 'group', padded(generation), escaped(name))

/** Which children of one chunk are left. */
export const groupChunkKey = (job: JobLife, generation: number, name: string, chunk: number): RecordKey =>
  ofJob(job, 'group', padded(generation), escaped(name), padded(chunk))

/** One ended run. */
export const runKey = (job: JobLife, generation: number, attempt: number): RecordKey =>
  ofJob(job, 'run', padded(generation), padded(attempt))

/** All records of one kind and life, or of one generation of it: a prefix for a query. */
export function partsOf(kind: 'cell' | 'group' | 'run', { life }: JobLife, generation?: number): string {
  const rest = generation === undefined ? [] : [padded(generation)]
  return words(kind, escaped(life), ...rest, '')
}

const gatePrefix = '#gate/'

/** Who may run now under one key of a job type, or of a whole queue. @param gate `<type>/<key>`, `/<queue>` */
export const gateKey = (gate: string): RecordKey => ({ id: `${gatePrefix}${escaped(gate)}`, part: 'gate' })

/** The gate of a record's id; undefined for the id of anything else. */
export const gateOfId = (id: string): string | undefined =>
  id.startsWith(gatePrefix) ? id.slice(gatePrefix.length).replaceAll('%23', '#').replaceAll('%25', '%') : undefined

/** A run-time setting of a queue that producers must see. */
export const queueKey = (queue: string): RecordKey => ({ id: `#queue/${escaped(queue)}`, part: 'control' })

export interface Ticket {
  /** −100 to 899; the lowest first. */
  readonly priority: number
  readonly since: number
  readonly jobId: string
}

const lowestPriority = -100

/** A place in the line before a gate or a queue: by priority, then by time. @param door a key of `gateKey` or `queueKey` */
export const ticketKey = (door: RecordKey, { priority, since, jobId }: Ticket): RecordKey => ({
  id: door.id,
  part: words(
    'wait',
    padded(priority - lowestPriority),
    formatInstant(since),
    escaped(jobId.slice(0, maxTicketId).toWellFormed()),
  ),
})
export const ticketPrefix = 'wait#'
/** Characters of a job's id in its ticket: a part holds 1,024 bytes. */
const maxTicketId = 256

/** What the whole runner must know: see control.ts. */
export const controlKey: RecordKey = { id: '#control', part: 'control' }

/** How the last tick went. */
export const tickKey: RecordKey = { id: '#sweeper', part: 'tick' }

export const scheduleKey = (name: string): RecordKey => ({ id: `#schedule/${escaped(name)}`, part: 'schedule' })

/** Lane of the schedules in the records' index. A leading `~` is no queue's. */
export const scheduleLane = (shard: number): string => `~schedules#${shard}`
/** Into how many lanes the gates of a queue are spread. */
export const gateShards = 4
/** Lane of a gate that somebody waits at. @param shard 0 to `gateShards` − 1 */
export const gateLane = (queue: string, shard: number): string => `${queue}#gate#${shard}`

const countsId = (queue: string): string => `#counts/${escaped(queue)}`
const minuteLength = '2026-11-22T10:00'.length
const hourLength = '2026-11-22T10'.length

/** How many jobs of a queue are in each state, as counted from the stream. */
export const stockKey = (queue: string): RecordKey => ({ id: countsId(queue), part: 'now' })
/** What happened in a minute; UTC. */
export const minuteKey = (queue: string, at: number): RecordKey => ({
  id: countsId(queue),
  part: words('m', formatInstant(at).slice(0, minuteLength)),
})
/** What happened in an hour; UTC. */
export const hourKey = (queue: string, at: number): RecordKey => ({
  id: countsId(queue),
  part: words('h', formatInstant(at).slice(0, hourLength)),
})

/** Ids of jobs that did this or that in a minute: samples, so that the minute itself stays small. */
export const samplesKey = (queue: string, at: number): RecordKey => ({
  id: countsId(queue),
  part: words('s', formatInstant(at).slice(0, minuteLength)),
})

/** Runs of one type that failed alike. @param why as `whyOf` makes it */
export const errorGroupKey = (queue: string, type: string, why: string): RecordKey => ({
  id: `#errors/${escaped(queue)}`,
  part: words(escaped(type), escaped(why)),
})
/** All error groups of a queue, or of one of its types: the prefix for a query under the id of `errorGroupKey`. */
export const errorGroupPrefix = (type?: string): string => (type === undefined ? '' : words(escaped(type), ''))

/** Jobs of a queue that run, as one shard of the stream has seen them. @param shard as `shardHash` makes it */
export const busyKey = (queue: string, shard: string): RecordKey => ({ id: `#busy/${escaped(queue)}`, part: shard })

/** Into how many partitions the jobs of one tag are spread. */
export const tagShards = 4

/** A job that carries a tag. @param shard 0 to `tagShards` − 1 */
export const tagKey = (tag: string, shard: number, job: { readonly id: string; readonly at: number }): RecordKey => ({
  id: `#tag/${escaped(tag)}/${shard}`,
  part: words(formatInstant(job.at), escaped(job.id)),
})

/** A time of which the recorder has seen nothing: counts are off until the recount, history and events are lost. */
export const gapKey = (until: number): RecordKey => ({ id: '#recorder', part: words('gap', formatInstant(until)) })
export const gapPrefix = 'gap#'

/** What the daily recount found of a queue, until the next one. */
export const recountKey = (queue: string): RecordKey => ({ id: countsId(queue), part: 'recount' })

/** Events that the bus did not take. @param batch a name that a repetition of the batch makes again */
export const outboxKey = (batch: string): RecordKey => ({ id: `#outbox/${escaped(batch)}`, part: 'events' })
/** Lane of events that wait for their bus. */
export const outboxLane = '~outbox#0'

const dayLength = '2026-11-22'.length

/** What somebody did, by the day in UTC. @param token tells acts of one instant apart */
export const auditKey = (at: number, token: string): RecordKey => ({
  id: `#audit/${formatInstant(at).slice(0, dayLength)}`,
  part: words(formatInstant(at), escaped(token)),
})

/** What a bulk act or a backfill has done: under the id of its job, which sorts by time. */
export const bulkKey = (id: string): RecordKey => ({ id: '#bulk', part: escaped(id) })

/**
 * The table of all keys of the records, drawn from the code. `node test/support/tooling/key-docs.ts` writes it into
 * docs/architecture.md; a test compares.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import * as keys from '../../../lib/core/records/keys.ts'
import type { RecordKey } from '../../../lib/core/records/record.ts'

export const documentPath = new URL('../../../docs/architecture.md', import.meta.url)

const job = { id: '0197a3c2-…', life: 'k3J9aQ' }
const at = Date.UTC(2026, 10, 22, 10)
const [queue, gate] = ['mails', 'sync/acct-42']
const ticket = { priority: 0, since: at, jobId: job.id }

interface Row {
  /** The function, or the constant, of lib/core/records/keys.ts. */
  readonly name: keyof typeof keys
  readonly key: RecordKey
  readonly holds: string
}

const rows: readonly Row[] = [
  {
    name: 'inputKey',
    key: keys.inputKey(job, 'Yk3v0aQx'),
    holds: 'an input that its item does not hold, by its request',
  },
  { name: 'cellKey', key: keys.cellKey(job, 1, 'charge #1'), holds: 'what one named step, sleep or signal left' },
  { name: 'groupKey', key: keys.groupKey(job, 1, 'parts'), holds: 'which chunks of its children are left' },
  { name: 'groupChunkKey', key: keys.groupChunkKey(job, 1, 'parts', 0), holds: 'which children of a chunk are left' },
  { name: 'runKey', key: keys.runKey(job, 1, 10), holds: 'one ended run: generation, attempt' },
  { name: 'gateKey', key: keys.gateKey(gate), holds: 'who may run now under one key of a type' },
  {
    name: 'ticketKey',
    key: keys.ticketKey(keys.gateKey(gate), ticket),
    holds: 'a place in line, by priority and time',
  },
  { name: 'queueKey', key: keys.queueKey(queue), holds: 'settings of a queue that producers must see' },
  { name: 'controlKey', key: keys.controlKey, holds: 'what the whole runner must know: shards ever used' },
  { name: 'tickKey', key: keys.tickKey, holds: 'how the last tick went' },
  { name: 'scheduleKey', key: keys.scheduleKey('nightly'), holds: 'a schedule, in a lane `~schedules#…`' },
  { name: 'stockKey', key: keys.stockKey(queue), holds: 'jobs of a queue by state' },
  { name: 'minuteKey', key: keys.minuteKey(queue, at), holds: 'what happened in a minute' },
  { name: 'hourKey', key: keys.hourKey(queue, at), holds: 'what happened in an hour' },
  { name: 'samplesKey', key: keys.samplesKey(queue, at), holds: 'ids of jobs that did so in a minute: a sample' },
  { name: 'recountKey', key: keys.recountKey(queue), holds: 'what the last recount found' },
  {
    name: 'errorGroupKey',
    key: keys.errorGroupKey(queue, 'send-mail', 'Error#9c1f22ab'),
    holds: 'runs of one type that failed alike',
  },
  { name: 'busyKey', key: keys.busyKey(queue, '5e1f02c7'), holds: 'jobs that run, by the shard of the stream' },
  { name: 'tagKey', key: keys.tagKey('vip', 0, { id: job.id, at }), holds: 'a job that carries a tag' },
  { name: 'bulkKey', key: keys.bulkKey(job.id), holds: 'what a bulk act or a backfill has done, by its job' },
  { name: 'gapKey', key: keys.gapKey(at), holds: 'a time of which the recorder has seen nothing' },
  {
    name: 'outboxKey',
    key: keys.outboxKey('5e1f02c7'),
    holds: 'events that wait for their bus, in a lane `~outbox#0`',
  },
  { name: 'auditKey', key: keys.auditKey(at, 'Yk3v0aQx'), holds: 'who did what: one act, kept for 90 days' },
]

/** What the module exports beside keys. */
const others = [
  'isSystemId',
  'padded',
  'partsOf',
  'ticketPrefix',
  'gateOfId',
  'gateShards',
  'scheduleLane',
  'gateLane',
  'errorGroupPrefix',
  'tagShards',
  'gapPrefix',
  'outboxLane',
]

/** Exported, and neither a row nor known to be no key. */
export const missingRows = (): readonly string[] =>
  Object.keys(keys).filter(name => !others.includes(name) && !rows.some(row => row.name === name))

function table(): string {
  const line = ({ name, key, holds }: Row) => `| \`${key.id}\` | \`${key.part}\` | ${holds} | \`${name}\` |`
  return ['| id | part | holds | made by |', '| --- | --- | --- | --- |', ...rows.map(line)].join('\n')
}

/** The document with the table brought up to date. */
export function withKeys(document: string): string {
  const marks = /(<!-- keys: drawn from the code -->\n)[\s\S]*?(<!-- end of keys -->)/
  if (!marks.test(document)) throw new Error('docs/architecture.md has no place for the keys')
  return document.replace(marks, (_, start: string, end: string) => `${start}\n${table()}\n\n${end}`)
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(documentPath, withKeys(readFileSync(documentPath, 'utf8')))
}

import { expect } from 'vitest'
import { raisedControl } from '../../../lib/app/control.ts'
import { recordKeyItem } from '../../../lib/aws/dynamodb/record-item.ts'
import { controlKey, runKey } from '../../../lib/core/records/keys.ts'
import type { RecordAttributes, RecordKey, StoredRecord } from '../../../lib/core/records/record.ts'
import type { PartQuery, RecordRow } from '../../../lib/ports/record-store.ts'
import { given, keyOf, newRecordId, type RecordCase, recordOf, stored } from './record-case.ts'
import type { RecordHarness } from './record-harness.ts'
import { now } from './sample.ts'

const everyKind: RecordAttributes = {
  text: 'ä☃\u{1f600}"\\',
  empty: '',
  whole: -42,
  fraction: 0.1,
  large: 1e21,
  filledAt: now + 1,
  until: now,
  numbers: new Set([3, -1, 2.5]),
  map: { 'job.1': { by: 'x', dueAt: now, n: 1 }, plain: 'text', count: 7 },
  nothing: {},
  'odd name #1': 'x',
}

async function keepsValues(harness: RecordHarness): Promise<void> {
  const record = await given(harness, everyKind)
  expect(await stored(harness, record)).toStrictEqual(everyKind)
  const item = await harness.peek(record)
  expect(item?.['filledAt']).toEqual({ S: '2026-11-22T10:00:00.001Z' })
  expect(item?.['map']?.M?.['job.1']?.M?.['dueAt']).toEqual({ S: '2026-11-22T10:00:00.000Z' })
}

async function putsOnce(harness: RecordHarness): Promise<void> {
  const record = await given(harness, { n: 1 })
  const sibling = { ...record, part: 'sibling' }
  const again = { ...record, attributes: { n: 2 } }
  expect(await harness.records.putIfAbsent([again, sibling, sibling])).toStrictEqual([
    { kind: 'exists', record },
    { kind: 'put' },
    { kind: 'exists', record: sibling },
  ])
  expect(await stored(harness, record)).toStrictEqual({ n: 1 })
}

/** One that cannot be written costs its neighbours nothing. */
async function badAmongGood(harness: RecordHarness): Promise<void> {
  const [first, last] = [recordOf(), recordOf()]
  const outcomes = await harness.records.putIfAbsent([
    first,
    recordOf({ n: Number.POSITIVE_INFINITY }),
    recordOf({}, ''),
    recordOf({}, 'x'.repeat(1_025)),
    recordOf({}, 'part', 'x'.repeat(2_049)),
    recordOf({ id: 'other' }),
    recordOf({ lane: 5 }),
    last,
  ])
  expect(outcomes.map(({ kind }) => kind)).toEqual(['put', ...Array<string>(6).fill('failed'), 'put'])
}

/** An index key of another type is refused by DynamoDB; the twin must refuse it too. */
async function reads(harness: RecordHarness): Promise<void> {
  const [first, second] = [await given(harness, { n: 1 }), await given(harness, { n: 2 })]
  const nobody: RecordKey = { id: newRecordId(), part: 'x' }
  const impossible: RecordKey = { id: '', part: '' }
  const found = await harness.records.get([second, nobody, impossible, first, second].map(keyOf))
  expect(found).toStrictEqual([second, undefined, undefined, first, second])
  const many = Array.from({ length: 103 }, (_, n) => recordOf({ n }))
  await harness.records.putIfAbsent(many)
  expect(await harness.records.get(many.map(keyOf))).toStrictEqual(many)
}

/** What a person left in the console: values of no kind that a record has count as absent. */
async function readsOddities(harness: RecordHarness): Promise<void> {
  const key = { id: newRecordId(), part: 'edited' }
  await harness.put({
    ...recordKeyItem(key),
    flag: { BOOL: true },
    dueAt: { S: '2026-11-22 10:00' },
    filledAt: { S: '2026-11-22T11:00:00+01:00' },
    seenAt: { N: '5' },
    list: { L: [] },
    map: { M: { good: { S: 'x' }, bad: { NULL: true }, deep: { M: { n: { N: '1' }, worse: { L: [] } } } } },
    kept: { N: '1' },
  })
  expect(await stored(harness, key)).toStrictEqual({ map: { good: 'x', deep: { n: 1 } }, kept: 1 })
}

/** All records, page by page. Two pages more than could be needed end a store that never stops. */
async function allParts(harness: RecordHarness, query: PartQuery): Promise<readonly StoredRecord[]> {
  const found: StoredRecord[] = []
  let from: string | undefined
  for (let pages = 0; pages < 30; pages += 1) {
    const page = await harness.records.query({ ...query, ...(from === undefined ? {} : { from }) })
    expect(page.records.length).toBeLessThanOrEqual(query.limit)
    found.push(...page.records)
    if (page.next === undefined) return found
    from = page.next
  }
  throw new Error('the pages never end')
}

async function queriesParts(harness: RecordHarness): Promise<void> {
  const job = { id: `job-${newRecordId().slice(1)}`, life: 'k3J9aQ' }
  const runs = [1, 2, 9, 10, 99, 9_999, 10_000, 123_456].map(attempt => runKey(job, 1, attempt))
  const others = [
    runKey(job, 2, 1),
    { id: job.id, part: 'run#k3J9aQ' },
    { id: `${job.id}x`, part: runs[0]?.part ?? '' },
  ]
  const all = [...runs, ...others].toReversed().map(key => ({ ...key, attributes: { n: 1 } }))
  await harness.records.putIfAbsent(all)
  const query = { id: job.id, prefix: 'run#k3J9aQ#0001#', limit: 3, isConsistent: true }
  const parts = async (more: Partial<PartQuery>) => (await allParts(harness, { ...query, ...more })).map(keyOf)
  expect(await parts({})).toStrictEqual(runs)
  expect(await parts({ isDescending: true })).toStrictEqual(runs.toReversed())
  expect(await parts({ isConsistent: false, limit: 100 })).toStrictEqual(runs)
  expect(await parts({ prefix: '' })).toHaveLength(10)
  expect(await parts({ prefix: 'nothing' })).toStrictEqual([])
  // From behind a part that nobody has.
  const { records } = await harness.records.query({ ...query, limit: 10, from: `${runs[2]?.part}$` })
  expect(records.map(keyOf)).toStrictEqual(runs.slice(3))
  expect(await parts({ id: '' })).toStrictEqual([])
}

/** Parts sort by their UTF-8 bytes, not as JavaScript's text does. */
async function sortsBytes(harness: RecordHarness): Promise<void> {
  const id = newRecordId()
  const parts = ['A', 'a', 'ä', '\ue000', '\uffee', '\u{1f600}']
  await harness.records.putIfAbsent(parts.toReversed().map(part => ({ id, part, attributes: {} })))
  const found = await allParts(harness, { id, prefix: '', limit: 2, isConsistent: true })
  expect(found.map(({ part }) => part)).toEqual(parts)
}

async function badCursors({ records }: RecordHarness): Promise<void> {
  const refused = { code: 'invalid_input', field: 'from' }
  await expect(records.query({ id: 'x', prefix: 'run#', limit: 1, from: 'cell#1' })).rejects.toMatchObject(refused)
  for (const from of ['', 'x', '[]', '["a","b"]', '[1,2,3]', '{}']) {
    await expect(records.due('lane', now, 1, from)).rejects.toMatchObject(refused)
  }
}

async function due(harness: RecordHarness): Promise<void> {
  const lane = `~${newRecordId()}`
  const rows = Array.from({ length: 11 }, (_, n) => recordOf({ lane, lookAt: now - Math.floor(n / 3) }))
  const outside = [
    recordOf({ lane, lookAt: now + 1 }),
    recordOf({ lane: `${lane}x`, lookAt: now }),
    recordOf({ lane }),
    recordOf({ lookAt: now }),
  ]
  await harness.records.putIfAbsent([...rows, ...outside])
  const found: RecordRow[] = []
  let from: string | undefined
  for (let pages = 0; pages < 10; pages += 1) {
    const page = await harness.records.due(lane, now, 4, from)
    expect(page.rows.length).toBeLessThanOrEqual(4)
    found.push(...page.rows)
    from = page.next
    if (from === undefined) break
  }
  expect(from).toBeUndefined()
  const times = rows.map(row => Number(row.attributes['lookAt'])).toSorted((a, b) => a - b)
  expect(found.map(({ lookAt }) => lookAt)).toEqual(times)
  expect(new Set(found.map(({ id }) => id))).toEqual(new Set(rows.map(({ id }) => id)))
  expect(found).toHaveLength(rows.length)
}

async function control({ records }: RecordHarness): Promise<void> {
  const [mail, web] = [`mail-${newRecordId()}`, `web-${newRecordId()}`]
  const raised = async (shards: Readonly<Record<string, number>>) => {
    const { shards: all } = await raisedControl({ records }, shards)
    return [all.get(mail), all.get(web)]
  }
  expect(await raised({ [mail]: 16, [web]: 4 })).toEqual([16, 4])
  expect(await raised({ [mail]: 2, [web]: 8 })).toEqual([16, 8])
  expect(await raised({ [mail]: 1 })).toEqual([16, 8])
  await Promise.all([32, 20, 24].map(count => raised({ [mail]: count, [web]: count - 12 })))
  expect(await raised({ [mail]: 1, [web]: 1 })).toEqual([32, 20])
  const [record] = await records.get([controlKey])
  expect(record?.attributes['shards']).toMatchObject({ [mail]: 32, [web]: 20 })
}

export const readCases: readonly RecordCase[] = [
  { title: 'keeps every kind of value', run: keepsValues },
  { title: 'puts a record once, and hands back who has the key', run: putsOnce },
  { title: 'one that cannot be written fails alone', run: badAmongGood },
  { title: 'reads by key, in the order asked', run: reads },
  { title: 'reads what others have written', run: readsOddities },
  { title: 'queries parts by prefix, in both orders, page by page', run: queriesParts },
  { title: 'parts sort by their bytes', run: sortsBytes },
  { title: 'refuses what no page gave', run: badCursors },
  { title: 'due rows, earliest first, page by page', run: due },
  { title: 'the number of shards is only ever raised', run: control },
]

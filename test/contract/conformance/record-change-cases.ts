import { expect } from 'vitest'
import { deleteIfThere, type RecordAction, type RecordClause } from '../../../lib/core/records/change.ts'
import type { RecordAttributes } from '../../../lib/core/records/record.ts'
import {
  changeOf,
  expectChanged,
  expectUnchanged,
  expectUnwritable,
  given,
  newRecordId,
  type RecordCase,
  recordOf,
  stored,
  updateOne,
} from './record-case.ts'
import type { RecordHarness } from './record-harness.ts'
import { minute, now } from './sample.ts'

const mark: RecordAction = { op: 'set', attribute: 'mark', value: 1 }

/** A gate with two holders. */
const gate: RecordAttributes = {
  text: 'b',
  count: 5,
  dueAt: now,
  empty: {},
  held: { 'job-1': { by: 'me', until: now }, 'job.2': 'plain', __proto__x: 3 },
  numbers: new Set([1, 2]),
}

const holding: readonly RecordClause[] = [
  { attribute: 'nothing', op: 'absent' },
  { attribute: 'text', op: 'present' },
  { attribute: 'numbers', op: 'present' },
  { attribute: 'text', op: '=', value: 'b' },
  { attribute: 'text', op: '<', value: 'ba' },
  { attribute: 'text', op: '<=', value: 'b' },
  { attribute: 'text', op: '>', value: 'a\u{1f600}' },
  { attribute: 'text', op: '>=', value: 'b' },
  { attribute: 'count', op: '=', value: 5 },
  { attribute: 'count', op: '<', value: 10 },
  { attribute: 'count', op: '<=', value: 5 },
  { attribute: 'count', op: '>', value: -1 },
  { attribute: 'count', op: '>=', value: 5 },
  { attribute: 'dueAt', op: '=', value: now },
  { attribute: 'dueAt', op: '<', value: now + 1 },
  { attribute: 'dueAt', op: '>', value: now - 1 },
  { attribute: 'nothing', op: '<', value: 1, orAbsent: true },
  { attribute: 'count', op: '<', value: 6, orAbsent: true },
  { attribute: 'held', key: 'job-1', op: 'present' },
  { attribute: 'held', key: 'nobody', op: 'absent' },
  { attribute: 'held', key: 'constructor', op: 'absent' },
  { attribute: 'nothing', key: 'job-1', op: 'absent' },
  { attribute: 'text', key: 'job-1', op: 'absent' },
  { attribute: 'held', key: 'job.2', op: '=', value: 'plain' },
  { attribute: 'held', key: 'job-1', field: 'by', op: '=', value: 'me' },
  { attribute: 'held', key: 'job-1', field: 'until', op: '<=', value: now },
  { attribute: 'held', key: 'nobody', field: 'by', op: '=', value: 'me', orAbsent: true },
  { attribute: 'held', op: 'sizeBelow', value: 4 },
  { attribute: 'empty', op: 'sizeBelow', value: 1 },
]

const refusing: readonly RecordClause[] = [
  { attribute: 'text', op: 'absent' },
  { attribute: 'nothing', op: 'present' },
  { attribute: 'text', op: '=', value: 'B' },
  { attribute: 'text', op: '=', value: 5 },
  { attribute: 'count', op: '=', value: '5' },
  { attribute: 'text', op: '<', value: 9 },
  { attribute: 'count', op: '>', value: '1' },
  { attribute: 'count', op: '<', value: 5 },
  { attribute: 'count', op: '<=', value: 4.5 },
  { attribute: 'count', op: '>=', value: 5.5 },
  { attribute: 'dueAt', op: '<', value: now },
  { attribute: 'nothing', op: '=', value: 1 },
  { attribute: 'nothing', op: '<', value: 1 },
  { attribute: 'count', op: '<', value: 5, orAbsent: true },
  { attribute: 'held', key: 'job-1', op: 'absent' },
  { attribute: 'held', key: 'nobody', op: 'present' },
  { attribute: 'held', key: 'job-1', op: '=', value: 'me' },
  { attribute: 'held', key: 'job-1', field: 'by', op: '=', value: 'you' },
  { attribute: 'held', key: 'job-1', field: 'until', op: '<', value: now },
  { attribute: 'held', key: 'job-1', field: 'by', op: '=', value: 'you', orAbsent: true },
  { attribute: 'held', op: 'sizeBelow', value: 3 },
  { attribute: 'empty', op: 'sizeBelow', value: 0 },
  { attribute: 'nothing', op: 'sizeBelow', value: 9 },
  { attribute: 'text', op: 'sizeBelow', value: 9 },
  { attribute: 'numbers', op: 'sizeBelow', value: 9 },
]

/** What an action makes of these attributes. */
const acting: readonly (readonly [title: string, RecordAction, RecordAttributes, RecordAttributes])[] = [
  ['sets a new attribute', { op: 'set', attribute: 'dueAt', value: now }, {}, { dueAt: now }],
  ['sets over another kind', { op: 'set', attribute: 'a', value: { k: 1 } }, { a: 'text' }, { a: { k: 1 } }],
  ['sets an empty map', { op: 'set', attribute: 'held', value: {} }, {}, { held: {} }],
  ['removes', { op: 'remove', attribute: 'a' }, { a: 1, b: 2 }, { b: 2 }],
  ['removes what is not there', { op: 'remove', attribute: 'c' }, { a: 1 }, { a: 1 }],
  ['adds to a number', { op: 'add', attribute: 'n', amount: -2 }, { n: 5 }, { n: 3 }],
  ['adds to nothing', { op: 'add', attribute: 'n', amount: 2 }, {}, { n: 2 }],
  [
    'puts an entry',
    { op: 'setEntry', attribute: 'm', key: 'a.b#c', value: { by: 'x' } },
    { m: { k: 1 } },
    { m: { k: 1, 'a.b#c': { by: 'x' } } },
  ],
  [
    'puts over an entry',
    { op: 'setEntry', attribute: 'm', key: 'k', value: 'new' },
    { m: { k: 1 } },
    { m: { k: 'new' } },
  ],
  [
    'an instant of an entry’s field',
    { op: 'setEntry', attribute: 'm', key: 'k', value: { until: now } },
    { m: {} },
    { m: { k: { until: now } } },
  ],
  ['a key is no name', { op: 'setEntry', attribute: 'm', key: 'mailAt', value: 16 }, { m: {} }, { m: { mailAt: 16 } }],
  ['removes an entry', { op: 'removeEntry', attribute: 'm', key: 'k' }, { m: { k: 1, l: 2 } }, { m: { l: 2 } }],
  [
    'removes the last entry: the map stays',
    { op: 'removeEntry', attribute: 'm', key: 'k' },
    { m: { k: 1 } },
    { m: {} },
  ],
  ['removes no entry', { op: 'removeEntry', attribute: 'm', key: 'x' }, { m: { k: 1 } }, { m: { k: 1 } }],
  [
    'adds numbers',
    { op: 'addNumbers', attribute: 's', numbers: [2, 3] },
    { s: new Set([1, 2]) },
    { s: new Set([1, 2, 3]) },
  ],
  ['adds numbers to nothing', { op: 'addNumbers', attribute: 's', numbers: [7] }, {}, { s: new Set([7]) }],
  [
    'deletes numbers',
    { op: 'deleteNumbers', attribute: 's', numbers: [2, 9] },
    { s: new Set([1, 2]) },
    { s: new Set([1]) },
  ],
  [
    'a set that is emptied is gone',
    { op: 'deleteNumbers', attribute: 's', numbers: [1, 2] },
    { a: 1, s: new Set([1, 2]) },
    { a: 1 },
  ],
  ['deletes numbers from nothing', { op: 'deleteNumbers', attribute: 's', numbers: [1] }, { a: 1 }, { a: 1 }],
]

const wrong: readonly (readonly [title: string, readonly [RecordAction, ...RecordAction[]]])[] = [
  ['adds to a text', [{ op: 'add', attribute: 'text', amount: 1 }]],
  ['adds numbers to a text', [{ op: 'addNumbers', attribute: 'text', numbers: [1] }]],
  ['deletes numbers from a map', [{ op: 'deleteNumbers', attribute: 'held', numbers: [1] }]],
  ['two actions on one attribute', [mark, { op: 'remove', attribute: 'mark' }]],
  [
    'an entry and its map',
    [
      { op: 'setEntry', attribute: 'held', key: 'a', value: 1 },
      { op: 'remove', attribute: 'held' },
    ],
  ],
  ['an empty set', [{ op: 'set', attribute: 's', value: new Set() }]],
  ['no numbers', [{ op: 'addNumbers', attribute: 's', numbers: [] }]],
  ['a number that is none', [{ op: 'set', attribute: 'n', value: Number.NaN }]],
  ['an instant as a text', [{ op: 'set', attribute: 'dueAt', value: 'tomorrow' }]],
  ['the key itself', [{ op: 'set', attribute: 'part', value: 'other' }]],
  ['more than an item holds', [{ op: 'set', attribute: 'body', value: 'x'.repeat(410_000) }]],
]

/** Two places in a line of three: the protocol of a gate. */
async function gateProtocol(harness: RecordHarness): Promise<void> {
  const key = { id: newRecordId(), part: 'gate' }
  const acquire = (job: string) =>
    updateOne(harness, key, {
      name: 'acquireIfFree',
      guard: [
        { attribute: 'held', key: job, op: 'absent' },
        { attribute: 'held', op: 'sizeBelow', value: 2 },
      ],
      actions: [{ op: 'setEntry', attribute: 'held', key: job, value: { by: `owner-${job}`, until: now + minute } }],
    })
  const release = (job: string, by: string) =>
    updateOne(harness, key, {
      name: 'releaseIfOwner',
      guard: [{ attribute: 'held', key: job, field: 'by', op: '=', value: by }],
      actions: [{ op: 'removeEntry', attribute: 'held', key: job }],
    })
  const empty = { ...key, attributes: { held: {} } }
  // A new gate: the map is absent, which is a refusal and no error.
  expect(await acquire('a')).toStrictEqual({ kind: 'refused', record: undefined })
  expect(await harness.records.putIfAbsent([empty])).toStrictEqual([{ kind: 'put' }])
  const kinds = async (...outcomes: readonly Promise<{ kind: string }>[]) =>
    (await Promise.all(outcomes)).map(({ kind }) => kind).toSorted()
  expect(await kinds(acquire('a'), acquire('b'), acquire('c'))).toEqual(['applied', 'applied', 'refused'])
  const held = Object.keys((await stored(harness, key))?.['held'] ?? {})
  const [first = '', second = ''] = held
  expect((await acquire(first)).kind).toBe('refused')
  expect((await release(first, `owner-${second}`)).kind).toBe('refused')
  expect((await release(first, `owner-${first}`)).kind).toBe('applied')
  expect((await release(first, `owner-${first}`)).kind).toBe('refused')
  expect((await acquire('d')).kind).toBe('applied')
  // TTL took it meanwhile: as with a new one, nothing is lost but who held it.
  await harness.expire(key)
  expect(await release('d', 'owner-d')).toStrictEqual({ kind: 'refused', record: undefined })
  expect((await acquire('e')).kind).toBe('refused')
  expect(await harness.records.putIfAbsent([empty])).toStrictEqual([{ kind: 'put' }])
  expect((await acquire('e')).kind).toBe('applied')
}

/** A counter of a new minute, counted up to a place in the stream once. */
async function newMinute(harness: RecordHarness): Promise<void> {
  const record = recordOf({}, 'm#2026-11-22T10:00')
  const count = (until: number) =>
    updateOne(harness, record, {
      name: 'countIfLater',
      guard: [{ attribute: 'countedUntil', op: '<', value: until, orAbsent: true }],
      actions: [
        { op: 'add', attribute: 'started', amount: 3 },
        { op: 'set', attribute: 'countedUntil', value: until },
      ],
      makes: true,
    })
  expect((await count(now)).kind).toBe('applied')
  expect((await count(now)).kind).toBe('refused')
  expect((await count(now + 1)).kind).toBe('applied')
  expect(await stored(harness, record)).toStrictEqual({ started: 6, countedUntil: now + 1 })
}

async function group(harness: RecordHarness): Promise<void> {
  const record = await given(harness, { pending: new Set([0, 1, 2]) })
  const done = (child: number) =>
    updateOne(harness, record, changeOf([{ op: 'deleteNumbers', attribute: 'pending', numbers: [child] }]))
  const outcomes = await Promise.all([1, 0, 1, 2, 0].map(done))
  expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('applied'))
  expect(await stored(harness, record)).toStrictEqual({})
  expect((await harness.records.get([record]))[0]).toStrictEqual({ ...record, attributes: {} })
}

async function makesNothing(harness: RecordHarness): Promise<void> {
  const record = recordOf()
  const change = changeOf([mark], [{ attribute: 'mark', op: 'absent' }])
  expect(await updateOne(harness, record, change)).toStrictEqual({ kind: 'refused', record: undefined })
  expect(await stored(harness, record)).toBeUndefined()
}

async function deletes(harness: RecordHarness): Promise<void> {
  const record = await given(harness, { ticket: 1 })
  const claim = { name: 'claimIfFirst', guard: [{ attribute: 'ticket', op: '=', value: 2 }], deletes: true } as const
  await expectUnchanged(harness, record, claim)
  expect(await updateOne(harness, record, deleteIfThere)).toStrictEqual({ kind: 'applied', record })
  expect(await updateOne(harness, record, deleteIfThere)).toStrictEqual({ kind: 'refused', record: undefined })
}

/** Several changes of one record in one call, and a bad one among good ones. */
async function inOrder(harness: RecordHarness): Promise<void> {
  const [first, second] = [await given(harness, { n: 0 }), await given(harness, { n: 0 })]
  const raise = (from: number) =>
    changeOf([{ op: 'add', attribute: 'n', amount: 1 }], [{ attribute: 'n', op: '=', value: from }])
  const bad = changeOf([{ op: 'addNumbers', attribute: 'n', numbers: [1] }])
  const outcomes = await harness.records.update([
    { key: first, change: raise(0) },
    { key: second, change: bad },
    { key: first, change: raise(1) },
    { key: first, change: raise(1) },
    { key: { id: '', part: '' }, change: raise(0) },
    { key: second, change: raise(0) },
  ])
  expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'failed', 'applied', 'refused', 'refused', 'applied'])
  expect(await stored(harness, first)).toStrictEqual({ n: 2 })
}

/** Attributes of a later release, and of people, stay as they are. */
async function foreignStays(harness: RecordHarness): Promise<void> {
  const record = await given(harness, { n: 1 })
  const item = (await harness.peek(record)) ?? {}
  const foreign = { flag: { BOOL: true }, list: { L: [{ N: '1' }] }, texts: { SS: ['a'] } }
  await harness.put({ ...item, ...foreign })
  await expectChanged(harness, record, changeOf([{ op: 'add', attribute: 'n', amount: 1 }]), { n: 2 })
  expect(await harness.peek(record)).toMatchObject(foreign)
}

export const changeCases: readonly RecordCase[] = [
  ...holding.map(clause => ({
    title: `holds: ${JSON.stringify(clause)}`,
    run: async (harness: RecordHarness) => {
      const record = await given(harness, gate)
      await expectChanged(harness, record, changeOf([mark], [clause]), { ...gate, mark: 1 })
    },
  })),
  ...refusing.map(clause => ({
    title: `refuses: ${JSON.stringify(clause)}`,
    run: async (harness: RecordHarness) => {
      const record = await given(harness, gate)
      await expectUnchanged(harness, record, changeOf([mark], [...holding, clause]))
    },
  })),
  ...acting.map(([title, action, before, after]) => ({
    title,
    run: async (harness: RecordHarness) =>
      expectChanged(harness, await given(harness, before), changeOf([action]), after),
  })),
  ...wrong.map(([title, actions]) => ({
    title: `cannot be written: ${title}`,
    run: async (harness: RecordHarness) => {
      const record = await given(harness, { text: 'x', held: {} })
      await expectUnwritable(harness, record, changeOf(actions))
    },
  })),
  ...(['setEntry', 'removeEntry'] as const).map(op => ({
    title: `${op} of a map that is absent, or no map, is refused`,
    run: async (harness: RecordHarness) => {
      const record = await given(harness, { text: 'x' })
      for (const attribute of ['held', 'text']) {
        await expectUnchanged(harness, record, changeOf([{ op, attribute, key: 'k', value: 1 }]))
      }
    },
  })),
  { title: 'a gate: new, full, released, removed by TTL', run: gateProtocol },
  { title: 'a counter of a new minute', run: newMinute },
  { title: 'a group that is emptied, with repeats', run: group },
  { title: 'a change without a record makes none', run: makesNothing },
  { title: 'a deletion, guarded and not', run: deletes },
  { title: 'several changes in one call', run: inOrder },
  { title: 'attributes of others stay', run: foreignStays },
]

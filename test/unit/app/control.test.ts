import { beforeEach, expect, it } from 'vitest'
import { raisedControl } from '../../../lib/app/control.ts'
import { recordKeyItem } from '../../../lib/aws/dynamodb/record-item.ts'
import { controlKey } from '../../../lib/core/records/keys.ts'
import { Unavailable } from '../../../lib/core/values/errors.ts'
import type { RecordStore } from '../../../lib/ports/record-store.ts'
import { MemoryJobStore } from '../../../lib/testing/memory-job-store.ts'
import { MemoryRecordStore } from '../../../lib/testing/memory-record-store.ts'

const clock = { now: () => 0 }
let memory: MemoryRecordStore
let calls: string[]

/** The store, with its calls noted and some of them replaced. */
function noted(instead: Partial<RecordStore> = {}): { readonly records: RecordStore } {
  const note =
    <Args extends unknown[], Answer>(name: string, call: (...args: Args) => Answer) =>
    (...args: Args): Answer => {
      calls.push(name)
      return call(...args)
    }
  const { get, putIfAbsent, update } = instead
  return {
    records: {
      get: note('get', get ?? (keys => memory.get(keys))),
      putIfAbsent: note('put', putIfAbsent ?? (records => memory.putIfAbsent(records))),
      update: note('update', update ?? (updates => memory.update(updates))),
      query: query => memory.query(query),
      due: (...page) => memory.due(...page),
      transact: (actions, token) => memory.transact(actions, token),
    },
  }
}

const shardsOf = async (deps: { readonly records: RecordStore }, shards: Readonly<Record<string, number>>) =>
  Object.fromEntries((await raisedControl(deps, shards)).shards)

beforeEach(() => {
  memory = new MemoryRecordStore(clock, new MemoryJobStore(clock))
  calls = []
})

it('makes the record once, raises it when it must, and reads it once otherwise', async () => {
  expect(await shardsOf(noted(), { a: 4 })).toEqual({ a: 4 })
  expect(calls.splice(0)).toEqual(['get', 'put'])
  expect(await shardsOf(noted(), { a: 2, b: 8, constructor: 3 })).toEqual({ a: 4, b: 8, constructor: 3 })
  expect(calls.splice(0)).toEqual(['get', 'update'])
  expect(await shardsOf(noted(), { a: 1, b: 8 })).toEqual({ a: 4, b: 8, constructor: 3 })
  expect(calls).toEqual(['get'])
})

it('one that is overtaken keeps the higher number', async () => {
  await shardsOf(noted(), { a: 4, b: 4 })
  const deps = noted({
    async update(updates) {
      await shardsOf({ records: memory }, { a: 32 })
      return memory.update(updates)
    },
  })
  expect(await shardsOf(deps, { a: 8, b: 5 })).toEqual({ a: 32, b: 5 })
  expect(calls.filter(name => name === 'update')).toHaveLength(2)
})

it('two that make it: both numbers stay', async () => {
  const deps = noted({
    async putIfAbsent(records) {
      await shardsOf({ records: memory }, { b: 2 })
      return memory.putIfAbsent(records)
    },
  })
  expect(await shardsOf(deps, { a: 4 })).toEqual({ a: 4, b: 2 })
})

it.each([
  ['absent', undefined],
  ['a text', { S: '16' }],
])('an edited record whose map is %s is mended', async (_, shards) => {
  memory.putItem({ ...recordKeyItem(controlKey), paused: { M: {} }, ...(shards === undefined ? {} : { shards }) })
  expect(await shardsOf(noted(), { a: 4 })).toEqual({ a: 4 })
  expect(memory.item(controlKey)).toMatchObject({ paused: { M: {} } })
})

it.each([{ S: 'many' }, { N: '2.5' }, { N: '99.5' }, { M: {} }, { BOOL: true }])(
  'an entry that is no whole number is written over: %o',
  async a => {
    memory.putItem({ ...recordKeyItem(controlKey), shards: { M: { a, b: { N: '2' } } } })
    expect(await shardsOf(noted(), { a: 4, b: 1 })).toEqual({ a: 4, b: 2 })
  },
)

it('says so when the store fails', async () => {
  const failed = { kind: 'failed', error: new Error('lost') } as const
  await expect(raisedControl(noted({ putIfAbsent: async () => [failed] }), { a: 4 })).rejects.toThrow(Unavailable)
  expect(calls).toEqual(['get', 'put'])
})

it('gives up on a record that always changes', async () => {
  await shardsOf(noted(), { a: 1 })
  calls = []
  const deps = noted({ update: async () => [{ kind: 'refused', record: undefined }] })
  await expect(raisedControl(deps, { a: 4 })).rejects.toThrow('changed 5 times')
  expect(calls).toHaveLength(10)
})

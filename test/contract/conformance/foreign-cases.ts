/** Items that a foreign writer or a console edit has left: nothing may throw, nothing may turn into NaN. */
import { expect } from 'vitest'
import { type Item, toItem } from '../../../lib/aws/dynamodb/item.ts'
import type { Job, JobState } from '../../../lib/core/job/job.ts'
import type { StoreHarness } from './harness.ts'
import { minute, now, sample } from './sample.ts'
import { newId, type StoreCase } from './store-case.ts'

interface ForeignItem {
  readonly title: string
  readonly attributes: Item
  /** What `get` answers beside the id; undefined where nothing can be read. */
  readonly job: Partial<Job> | undefined
}

const minimal: Item = { type: { S: 'sample' }, state: { S: 'AVAILABLE' }, input: { S: '{}' } }
const filled = {
  type: 'sample',
  state: 'AVAILABLE',
  input: '{}',
  queue: 'default',
  attempt: 0,
  attemptsLeft: 5,
  scheduledAt: now,
  insertedAt: now,
  fence: 0,
  shard: 0,
} as const
const missing = ['queue', 'attempt', 'attemptsLeft', 'scheduledAt', 'insertedAt', 'fence', 'shard'] as const
const missingBut = (...names: string[]) => missing.filter(name => !names.includes(name))

const complete = sample('RETRY')
const whole = toItem(complete)

const foreignItems: readonly ForeignItem[] = [
  { title: 'the four attributes that suffice', attributes: minimal, job: { ...filled, missing } },
  {
    title: 'a time as ISO text with an offset, without milliseconds',
    attributes: { ...minimal, scheduledAt: { S: '2026-11-22T12:05:00+02:00' } },
    job: { ...filled, scheduledAt: now + 5 * minute, missing: [...missingBut('scheduledAt'), 'scheduledAt'] },
  },
  {
    title: 'a time without a zone, and one that is none',
    attributes: { ...minimal, scheduledAt: { S: '2026-11-22T12:05:00' }, insertedAt: { S: 'soon' } },
    job: { ...filled, missing },
  },
  {
    title: 'an `lookAt` in another spelling, which no guard could match',
    attributes: { ...minimal, lane: { S: 'default#live#0' }, lookAt: { S: '2026-11-22T10:00:00Z' } },
    job: { ...filled, lane: 'default#live#0', missing },
  },
  {
    title: 'a limit of its own',
    attributes: { ...minimal, maxAttempts: { N: '2' } },
    job: { ...filled, maxAttempts: 2, attemptsLeft: 2, missing },
  },
  {
    title: 'attributes that are not ours',
    attributes: { ...whole, colour: { S: 'red' }, nested: { M: { a: { NULL: true } } }, constructor: { S: 'x' } },
    job: complete,
  },
  {
    title: 'numbers as text, text as numbers',
    attributes: { ...minimal, fence: { S: '3' }, attempt: { S: 'one' }, queue: { N: '1' }, crashes: { BOOL: true } },
    job: { ...filled, missing },
  },
  {
    title: 'numbers that count nothing',
    attributes: { ...minimal, attempt: { N: '1.5' }, shard: { N: '1e40' }, priority: { N: '-1e100' } },
    job: { ...filled, missing },
  },
  {
    title: 'tags as a set',
    attributes: { ...whole, tags: { SS: ['a'] } },
    job: complete,
  },
  { title: 'tags of numbers', attributes: { ...whole, tags: { L: [{ S: 'a' }, { N: '1' }] } }, job: complete },
  { title: 'no type', attributes: { state: { S: 'AVAILABLE' }, input: { S: '{}' } }, job: undefined },
  { title: 'a type that is a number', attributes: { ...minimal, type: { N: '1' } }, job: undefined },
  {
    title: 'a state of a later release',
    attributes: { ...minimal, state: { S: 'BLOCKED' } },
    job: { ...filled, state: 'BLOCKED' as JobState, missing },
  },
  {
    title: 'attributes of a later release, whatever they hold',
    attributes: { ...whole, gate: { S: 'mails/acme' }, next: { M: { a: { S: 'b' } } } },
    job: { ...complete, gate: 'mails/acme', next: 'present' },
  },
  { title: 'a state that is no text', attributes: { ...minimal, state: { N: '1' } }, job: undefined },
  { title: 'an input that is a map', attributes: { ...minimal, input: { M: { a: { S: 'b' } } } }, job: undefined },
  { title: 'nothing but its id', attributes: {}, job: undefined },
]

async function expectRead(harness: StoreHarness, { attributes, job }: ForeignItem): Promise<void> {
  const id = newId()
  await harness.put({ ...attributes, id: { S: id } })
  expect(await harness.store.get([id])).toStrictEqual([job === undefined ? undefined : { ...job, id }])
}

export const foreignCases: readonly StoreCase[] = [
  ...foreignItems.map(item => ({
    title: `get reads ${item.title}`,
    run: (harness: StoreHarness) => expectRead(harness, item),
  })),
  {
    title: 'ids that nobody can have',
    run: async ({ store }) => {
      const ids = ['', 'x'.repeat(3_000), '\ud800', newId()]
      expect(await store.get(ids)).toStrictEqual([undefined, undefined, undefined, undefined])
    },
  },
]

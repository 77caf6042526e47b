import { expect } from 'vitest'
import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import type { Job, RawJob } from '../../../lib/core/job/job.ts'
import { newJob } from '../../../lib/core/transitions/enqueue.ts'
import { isOwnRequest } from '../../../lib/core/transitions/own-write.ts'
import type { StoreHarness } from './harness.ts'
import { minute, now, sample } from './sample.ts'
import { newId, put, read, type StoreCase } from './store-case.ts'
import { rt } from './transition-case.ts'

const given = { type: 'sample', queue: 'default', input: '{"n":1}', maxAttempts: 5 } as const

const jobFor = (id: string, dueAt = now, token = rt): Job =>
  newJob({ ...given, id, dueAt }, now, token, defaultPolicy, 16)

async function expectInserted(harness: StoreHarness, job: Job): Promise<void> {
  expect(await harness.store.insert([job])).toStrictEqual([{ kind: 'inserted' }])
  expect(await harness.peek(job.id)).toStrictEqual(job)
  expect(await harness.store.get([job.id])).toStrictEqual([job])
}

/** Every attribute there is, at values that are easily bent on the way: text outside of ASCII, odd milliseconds. */
const everything = (id: string): Job => ({
  ...read({ ...sample('FAILED'), id }),
  input: '{"text":"Grüße, 東京 \\u0000 🙂","__proto__":{"x":1}}',
  result: 'null',
  error: '{"name":"Error","message":"it\'s \\"quoted\\"; DROP"}',
  priority: -7,
  tags: ['a', 'ü', ''],
  notify: '{}',
  maxAttempts: 9,
  crashes: 1,
  snoozes: 2,
  maxSnoozes: 3,
  generation: 4,
  dispatches: 5,
  startedAt: now + 1,
  cancelRequestedAt: now + 999,
  leaseUntil: 1,
  scheduledAt: Date.parse('9999-12-31T23:59:59.999Z'),
  progress: 33.25,
  owner: 'o',
  lastOwner: '-_',
  fmt: 1,
  lane: 'default#failed#4',
})

async function taken(harness: StoreHarness): Promise<void> {
  const item: RawJob = { ...sample('IN_PROGRESS'), id: newId() }
  await put(harness, item)
  const outcomes = await harness.store.insert([jobFor(item.id as string)])
  expect(outcomes).toStrictEqual([{ kind: 'exists', job: read(item) }])
  expect(await harness.peek(item.id as string)).toStrictEqual(item)
}

/** The put was carried out and its answer lost; the SDK puts once more. */
async function ownRepeat(harness: StoreHarness): Promise<void> {
  const id = newId()
  await harness.store.insert([jobFor(id)])
  const [mine] = await harness.store.insert([jobFor(id)])
  expect(mine).toStrictEqual({ kind: 'exists', job: jobFor(id) })
  expect(mine?.kind === 'exists' && isOwnRequest(mine.job, rt)).toBe(true)
  const [others] = await harness.store.insert([jobFor(id, now, 'another')])
  expect(others?.kind === 'exists' && isOwnRequest(others.job, 'another')).toBe(false)
}

async function sixty(harness: StoreHarness): Promise<void> {
  const jobs = Array.from({ length: 60 }, () => jobFor(newId()))
  const there = jobs.filter((_, n) => n % 7 === 3)
  await harness.store.insert(there)
  const outcomes = await harness.store.insert(jobs)
  expect(outcomes).toStrictEqual(
    jobs.map(job => (there.includes(job) ? { kind: 'exists', job } : { kind: 'inserted' })),
  )
  expect(await harness.store.get(jobs.map(job => job.id))).toStrictEqual(jobs)
}

async function duplicates(harness: StoreHarness): Promise<void> {
  const [id, other] = [newId(), newId()]
  const first = jobFor(id, now, 'first')
  const outcomes = await harness.store.insert([
    first,
    jobFor(other),
    jobFor(id, now, 'second'),
    jobFor(id, now, 'third'),
  ])
  expect(outcomes).toStrictEqual([
    { kind: 'inserted' },
    { kind: 'inserted' },
    { kind: 'exists', job: first },
    { kind: 'exists', job: first },
  ])
  expect(await harness.peek(id)).toStrictEqual(first)
}

async function takenByWhatNobodyCanRead(harness: StoreHarness): Promise<void> {
  const id = newId()
  await put(harness, { id, state: 'RESERVED' })
  const good = jobFor(newId())
  expect(await harness.store.insert([jobFor(id), good])).toStrictEqual([
    { kind: 'exists', job: undefined },
    { kind: 'inserted' },
  ])
}

async function manyReads(harness: StoreHarness): Promise<void> {
  const jobs = Array.from({ length: 150 }, () => jobFor(newId()))
  await harness.store.insert(jobs)
  const unreadable = newId()
  await put(harness, { id: unreadable, input: '{}' })
  const asked = [...jobs, undefined, jobs[0], { id: unreadable }, jobs[149]]
  const answers = await harness.store.get(asked.map(job => job?.id ?? 'no-such-job'))
  expect(answers).toStrictEqual([...jobs, undefined, jobs[0], undefined, jobs[149]])
}

/** What a sweeper reads: whole jobs, but for what may be large. */
async function controlOnly(harness: StoreHarness): Promise<void> {
  const job = everything(newId())
  await put(harness, job)
  const unreadable = newId()
  await put(harness, { id: unreadable, input: '{}' })
  const answers = await harness.store.get([job.id, 'no-such-job', unreadable], 'control')
  const { result: _, ...control } = job
  expect(answers).toStrictEqual([{ ...control, input: '' }, undefined, undefined])
  expect(await harness.store.get([job.id], 'all')).toStrictEqual([job])
}

export const insertCases: readonly StoreCase[] = [
  { title: 'a job that is due now', run: harness => expectInserted(harness, jobFor(newId())) },
  { title: 'a job that is due soon', run: harness => expectInserted(harness, jobFor(newId(), now + minute)) },
  { title: 'a job that is due later', run: harness => expectInserted(harness, jobFor(newId(), now + 60 * minute)) },
  { title: 'a job with every attribute', run: harness => expectInserted(harness, everything(newId())) },
  { title: 'an id that is taken is answered with the item', run: taken },
  { title: 'an own insert that is repeated is recognised by its token', run: ownRepeat },
  { title: '60 at once, some of them taken, are answered in their order', run: sixty },
  { title: 'of one id several times in one call the first wins', run: duplicates },
  { title: 'an id taken by what cannot be read spoils no other', run: takenByWhatNobodyCanRead },
  { title: 'get answers 154 ids in their order, absent and unreadable ones with nothing', run: manyReads },
  { title: 'get brings all but input and result of 3 ids', run: controlOnly },
  {
    title: 'nothing to insert, nothing to get',
    run: async ({ store }) => expect([await store.insert([]), await store.get([])]).toEqual([[], []]),
  },
]

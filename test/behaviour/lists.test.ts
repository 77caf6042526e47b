/** Lists of jobs in a whole runner in memory. */
import { object } from 'valibot'
import { describe, expect, it } from 'vitest'
import { maxItems } from '../../lib/app/lookup/list-jobs.ts'
import { laneOf } from '../../lib/core/job/lane.ts'
import type { ListOptions } from '../../lib/core/lookup/job-filter.ts'
import { newControl } from '../../lib/core/records/control.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing/test-runner.ts'

const mail = defineJob({ type: 'mail', queue: 'mails', input: object({}), maxAttempts: 1 })
const listed = defineJob({ type: 'listed', input: object({}), listCompleted: true })
const runner = defineRunner({ jobs: [mail, listed], queues: { mails: { shards: 4 } } })

function newTest() {
  const fail = handle(mail, () => {
    throw new TypeError('no such host 17')
  })
  const test = createTestRunner({ runner, handlers: [fail, handle(listed, () => undefined)] })
  const ids = async (options: ListOptions) => (await test.list(options)).jobs.map(({ id }) => id)
  /** Page by page to the end. */
  const all = async (options: ListOptions) => {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await test.list({ ...options, ...(cursor === undefined ? {} : { cursor }) })
      found.push(...page.jobs.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== undefined && found.length < 10_000)
    return found
  }
  const enqueue = async (count: number, minutes = 60) => {
    const requests = Array.from({ length: count }, (_, n) => test.job(mail, {}, { delayMs: minutes * 60_000 + n }))
    return (await test.enqueueMany(requests)).flatMap(one => (one.kind === 'enqueued' ? one.id : []))
  }
  return { test, ids, all, enqueue }
}

describe('list', () => {
  it('shows each live job once, page by page, in the order in which they are due', async () => {
    const { all, enqueue } = newTest()
    const ids = await enqueue(230)
    expect(await all({ queue: 'mails', limit: 100 })).toEqual(ids)
    expect(await all({ limit: 7 })).toEqual(ids)
    expect(await all({ order: 'newest', limit: 33 })).toEqual(ids.toReversed())
  })

  it('moves a job from phase to phase', async () => {
    const { test, ids } = newTest()
    const failed = await test.enqueue(mail, {})
    const done = await test.enqueue(listed, {})
    const gone = await test.enqueue(mail, {}, { delay: '1h' })
    const waiting = await test.enqueue(mail, {}, { delay: '2h' })
    await test.cancel(gone.id)
    await test.advance('1m')
    expect(await ids({})).toEqual([waiting.id])
    expect(await ids({ phase: 'failed' })).toEqual([failed.id])
    expect(await ids({ phase: 'completed' })).toEqual([done.id])
    expect(await ids({ phase: 'cancelled' })).toEqual([gone.id])
    expect(await ids({ state: 'CANCELLED', queue: 'default' })).toEqual([])
  })

  it('finds failed jobs by type and by error, from the index alone', async () => {
    const { test, ids } = newTest()
    const { id } = await test.enqueue(mail, {})
    await test.advance('1m')
    const [job] = (await test.list({ phase: 'failed' })).jobs
    expect(job).toMatchObject({ id, why: expect.stringMatching(/^TypeError#[0-9a-f]{8}$/) as string })
    expect(job?.error).toEqual({ name: 'TypeError', message: 'no such host 17' })
    expect(Object.keys(job ?? {})).not.toContain('input')
    expect(await ids({ phase: 'failed', why: 'TypeError', type: 'mail' })).toEqual([id])
    expect(await ids({ phase: 'failed', why: job?.why ?? '' })).toEqual([id])
    expect(await ids({ phase: 'failed', why: 'RangeError' })).toEqual([])
    expect(await ids({ phase: 'failed', type: 'listed' })).toEqual([])
  })

  it('finds live jobs by state, tag and time', async () => {
    const { test, ids, enqueue } = newTest()
    const [early = ''] = await enqueue(1, 60)
    const { id } = await test.enqueue(mail, {}, { delay: '3h', tags: ['vip'] })
    expect(await ids({ tag: 'vip' })).toEqual([id])
    expect(await ids({ state: 'SCHEDULED' })).toEqual([early, id])
    expect(await ids({ state: 'RETRY' })).toEqual([])
    expect(await ids({ from: new Date(test.clock.now() + 2 * 3_600_000) })).toEqual([id])
    expect(await ids({ to: new Date(test.clock.now() + 2 * 3_600_000) })).toEqual([early])
  })

  it('stops after 1,000 items, says so, and goes on from there', async () => {
    const { test, all, enqueue } = newTest()
    await enqueue(maxItems + 10)
    const { id } = await test.enqueue(mail, {}, { delay: '3h', tags: ['vip'] })
    const first = await test.list({ tag: 'vip' })
    expect(first).toMatchObject({ jobs: [], looked: maxItems, next: expect.any(String) as string })
    expect(await test.list({ tag: 'vip', cursor: first.next ?? '' })).toMatchObject({
      jobs: [{ id }],
      looked: 11,
      next: undefined,
    })
    expect(await all({ type: 'listed' })).toEqual([])
  })

  it('shows a job as it is now: the index may still say otherwise', async () => {
    const { test, ids, enqueue } = newTest()
    const [id = ''] = await enqueue(1)
    const job = test.store.read(id)
    test.store.put({ ...job, state: 'COMPLETED' })
    expect(await ids({})).toEqual([])
    test.store.put({ ...job, state: 'BLOCKED' as never })
    expect(await ids({})).toEqual([id])
  })

  it('looks into every shard that a queue ever had, and into queues that are gone', async () => {
    const { test, ids } = newTest()
    await test.records.putIfAbsent([
      newControl(
        new Map([
          ['mails', 30],
          ['old', 2],
        ]),
      ),
    ])
    const base = { type: 'mail', state: 'SCHEDULED', input: '{}', lookAt: 5 } as const
    test.store.put({ ...base, id: 'a', queue: 'mails', lane: laneOf('mails', 'live', 29) })
    test.store.put({ ...base, id: 'b', queue: 'old', lane: laneOf('old', 'live', 1) })
    expect(await ids({})).toEqual(['a', 'b'])
    expect(await ids({ queue: 'old' })).toEqual(['b'])
  })

  it('refuses an unknown queue, and the cursor of another list', async () => {
    const { test, enqueue } = newTest()
    await enqueue(3)
    await expect(test.list({ queue: 'mail' })).rejects.toMatchObject({
      field: 'queue',
      message: "queue is 'mail'; allowed: default, mails",
    })
    const { next = '' } = await test.list({ limit: 1 })
    await expect(test.list({ limit: 1, queue: 'mails', cursor: next })).rejects.toMatchObject({ field: 'cursor' })
    expect((await test.list({ limit: 100, cursor: next })).jobs).toHaveLength(2)
  })
})

// oxlint-disable unicorn/no-thenable -- the option is called so, and is no function
import * as v from 'valibot'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { MemoryRecorder } from '../../lib/testing/memory-recorder.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const part = defineJob({ type: 'part', input: v.object({ n: v.number() }), maxAttempts: 1 })
const publish = defineJob({ type: 'publish', input: v.object({ album: v.string() }) })
const runner = defineRunner({ jobs: [part, publish] })

function kit() {
  const published: number[] = []
  const test = createTestRunner({
    runner,
    handlers: [
      handle(part, ({ n }) => {
        if (n < 0) throw new Error('no')
        return 2 * n
      }),
      handle(publish, () => {
        published.push(test.clock.now() - startAt)
      }),
    ],
    startAt,
    patienceMs: 10,
  })
  const parts = (...numbers: readonly number[]) => numbers.map(n => test.job(part, { n }))
  return { test, published, parts }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('client.batch', () => {
  it('begins another job once all have ended, however they ended, and shows what they left', async () => {
    const { test, published, parts } = kit()
    const jobs = [...parts(1, -1), test.job(part, { n: 3 }, { delay: '3h' })]
    const { id, of } = await test.batch(jobs, { then: test.job(publish, { album: 'a' }) })
    expect(of).toBe(3)
    await test.advance('2h')
    expect(await test.get(id)).toMatchObject({ type: 'publish', state: 'WAITING', attempt: expect.any(Number) })
    expect(published).toEqual([])
    expect(await test.explain(id)).toMatchObject({
      reasons: [{ text: "Its handler waits for 1 of 3 children of 'batch'." }],
    })
    await test.drain()
    expect(published).toHaveLength(1)
    expect(published[0]).toBeLessThan(3 * 3_600_000 + 60_000)
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(await test.children(id)).toMatchObject({
      groups: [{ name: 'batch', of: 3, left: 0 }],
      children: [
        { index: 0, state: 'COMPLETED', outcome: 'completed', result: 2 },
        { index: 1, state: 'FAILED', outcome: 'failed', error: { message: 'no' } },
        { index: 2, state: 'COMPLETED', outcome: 'completed', result: 6 },
      ],
    })
  })

  it('without a job that follows: a handle that can be looked up, a page at a time', async () => {
    const { test, parts } = kit()
    const { id } = await test.batch(parts(...Array.from({ length: 7 }, (_, n) => n)))
    expect(await test.children(id, { limit: 3 })).toMatchObject({ groups: [{ of: 7, left: 7 }], next: '3' })
    await test.drain()
    const page = await test.children(id, { limit: 3, cursor: '6' })
    expect(page).toMatchObject({ groups: [{ of: 7, left: 0 }], children: [{ index: 6, result: 12 }] })
    expect(page?.next).toBeUndefined()
    expect(await test.children('nobody')).toBeUndefined()
    await expect(test.children(id, { cursor: 'x' })).rejects.toThrow("children.cursor is 'x'")
  })

  it('under a key is the same batch: what is missing is made, and nothing twice', async () => {
    const { test, published, parts } = kit()
    const options = { idempotencyKey: 'album a', then: test.job(publish, { album: 'a' }) }
    // The client dies before the last of them are there.
    const insert = test.store.insert.bind(test.store)
    vi.spyOn(test.store, 'insert').mockImplementationOnce(async jobs => {
      await insert(jobs.slice(0, 1))
      throw new Error('the process is gone')
    })
    await expect(test.batch(parts(1, 2), options)).rejects.toThrow('the process is gone')
    await test.advance('1m')
    const first = await test.batch(parts(1, 2), options)
    const again = await test.batch(parts(1, 2), options)
    expect(again).toEqual(first)
    await test.drain()
    expect(await test.batch(parts(1, 2), options)).toEqual(first)
    await test.drain()
    expect(published).toHaveLength(1)
    expect(test.store.all()).toHaveLength(3)
    await expect(test.batch(parts(1, 2, 3), options)).rejects.toMatchObject({ code: 'idempotency_conflict' })
  })

  it('that ended before the job that follows was there wakes it all the same', async () => {
    const { test, published, parts } = kit()
    const insert = test.store.insert.bind(test.store)
    vi.spyOn(test.store, 'insert').mockImplementation(async jobs => {
      if (jobs[0]?.type === 'publish') await test.advance('1m')
      return insert(jobs)
    })
    await test.batch(parts(1), { then: test.job(publish, { album: 'a' }) })
    await test.advance('10s')
    expect(published).toHaveLength(1)
  })

  it('without the recorder the job that follows looks for itself, and its handler is not called before', async () => {
    vi.spyOn(MemoryRecorder.prototype, 'see').mockImplementation(() => {})
    const { test, published } = kit()
    await test.batch([test.job(part, { n: 1 }, { delay: '3h' })], { then: test.job(publish, { album: 'a' }) })
    await test.drain()
    expect(published.map(ms => Math.round(ms / 3_600_000))).toEqual([4])
  })

  it.each([
    ['no jobs', [], {}, 'batch.jobs.length is 0; allowed: 1 to 10000 jobs'],
    [
      'an input that does not fit',
      [{ type: 'part', input: { n: 'x' }, options: {} }],
      {},
      "jobs[0]: input of job type 'part'",
    ],
    ['an unknown type', [{ type: 'nobody', input: {}, options: {} }], {}, 'jobs[0]: '],
    ['an option', [{ type: 'part', input: { n: 1 }, options: {} }], { nope: 1 }, 'batch.nope'],
    ['no request to follow', [{ type: 'part', input: { n: 1 }, options: {} }], { then: 'x' }, "batch.then is 'x'"],
    [
      'a delay of what follows',
      [{ type: 'part', input: { n: 1 }, options: {} }],
      { then: { type: 'publish', input: { album: 'a' }, options: { delay: '1h' } } },
      "batch.then.delay is '1h'; allowed: none",
    ],
    [
      'a key of what follows',
      [{ type: 'part', input: { n: 1 }, options: {} }],
      { then: { type: 'publish', input: { album: 'a' }, options: { idempotencyKey: 'a' } } },
      "idempotencyKey is 'a'",
    ],
  ])('%s: refused, and nothing is written', async (_, jobs, options, text) => {
    const { test } = kit()
    await expect(test.batch(jobs as never, options as never)).rejects.toThrow(text)
    expect(test.store.all()).toEqual([])
    expect(test.records.all().filter(({ part: name }) => name.startsWith('group#'))).toEqual([])
  })
})

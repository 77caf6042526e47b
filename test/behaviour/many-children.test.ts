/** As many children as there may be, joined once, whatever batches the stream brings. */
import * as v from 'valibot'
import { afterEach, expect, it, vi } from 'vitest'
import { recordBatch } from '../../lib/app/record/record-batch.ts'
import { fromItem, type Item } from '../../lib/aws/dynamodb/item.ts'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { JobChange } from '../../lib/core/history/job-change.ts'
import { completeJob, type Job } from '../../lib/core/job/job.ts'
import { parentOf } from '../../lib/core/job/parent.ts'
import { maxChildren } from '../../lib/core/values/times.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { MemoryRecorder } from '../../lib/testing/memory-recorder.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const part = defineJob({ type: 'part', input: v.number() })
const whole = defineJob({ type: 'whole', input: v.any(), enqueues: [part] })
const runner = defineRunner({ jobs: [part, whole], queues: { default: { concurrency: 1_000, batchSize: 10 } } })

afterEach(() => {
  vi.restoreAllMocks()
})

/** A kit whose stream is in the test's hands. */
function kitWithStream(count: number) {
  const changes: JobChange[] = []
  const read = (item: Item | undefined): Job | undefined =>
    item === undefined ? undefined : completeJob(fromItem(item), startAt)
  vi.spyOn(MemoryRecorder.prototype, 'see').mockImplementation((was, is) => {
    const [before, after] = [read(was), read(is)]
    changes.push({
      sequence: String(changes.length + 1),
      at: startAt,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    })
  })
  const starts: number[] = []
  const handlers = [
    handle(part, n => n),
    handle(whole, async (_, ctx) => {
      starts.push(ctx.attempt)
      const results = await ctx.all(
        'parts',
        Array.from({ length: count }, (_entry, n) => jobRequest(part, n)),
      )
      return results.length
    }),
  ]
  const kit = createTestRunner({ runner, handlers, startAt, patienceMs: 10, hasTicks: false })
  return { kit, changes, starts }
}

it('10,000 children in batches that come again, with other bounds: joined once, and not before the last', {
  timeout: 60_000,
}, async () => {
  const { kit, changes, starts } = kitWithStream(maxChildren)
  const { id } = await kit.enqueue(whole, {})
  await kit.advance('10m')
  const ends = changes.filter(({ after }) => after?.state === 'COMPLETED' && parentOf(after) !== undefined)
  expect(ends).toHaveLength(maxChildren)
  const last = ends.pop()
  if (last === undefined) throw new Error('no child has ended')
  for (let from = 0; from < ends.length; from += 500) {
    await recordBatch(kit.deps, { shard: 's', changes: ends.slice(from, from + 500) })
    // Once more, and half of the batch before with it.
    await recordBatch(kit.deps, { shard: 's', changes: ends.slice(Math.max(0, from - 250), from + 250) })
  }
  expect(kit.store.read(id)).toMatchObject({ state: 'WAITING' })
  expect(kit.store.read(id)?.wakes).toBeUndefined()
  for (let times = 0; times < 2; times += 1) await recordBatch(kit.deps, { shard: 's', changes: [last] })
  await kit.settle()
  expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', result: maxChildren })
  expect(starts).toEqual([1, 2])
  // What comes later wakes nobody.
  await recordBatch(kit.deps, { shard: 's', changes: ends.slice(-100) })
  expect(kit.store.read(id)).toMatchObject({ state: 'COMPLETED', attempt: 2 })
})

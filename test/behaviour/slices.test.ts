/** Many jobs in one call, on a store that is slow: no message waits long for its item. */
import { object } from 'valibot'
import { expect, it, vi } from 'vitest'
import { enqueueMany, requestsPerSlice } from '../../lib/app/enqueue/enqueue.ts'
import { Unwritable } from '../../lib/core/values/errors.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import type { JobStore } from '../../lib/ports/job-store.ts'
import { createTestRunner } from '../../lib/testing/test-runner.ts'
import { runnerWith } from '../support/jobs.ts'
import { storeOver } from '../support/store-over.ts'

const jobs = 2_000
/** What a call of 25 puts takes, four of them at a time. */
const callMs = 150
const [statementsPerCall, callsAtOnce] = [25, 4]
const sliceMs = (requestsPerSlice / statementsPerCall / callsAtOnce) * callMs

it('a message overtakes its put by the time of one slice at most, and none is given up', async () => {
  const work = defineJob({ type: 'work', input: object({}) })
  const [sentAt, putAt] = [new Map<string, number>(), new Map<string, number>()]
  const sizes: number[] = []
  const slow = (inner: JobStore): JobStore =>
    storeOver(inner, {
      insert: async many => {
        sizes.push(many.length)
        await test.clock.sleep(Math.ceil(many.length / statementsPerCall / callsAtOnce) * callMs)
        for (const { id } of many) putAt.set(id, test.clock.now())
        return inner.insert(many)
      },
    })
  const runner = defineRunner({ jobs: [work], queues: { default: { concurrency: 1_000 } } })
  const test = createTestRunner({ runner, handlers: [handle(work, () => {})], wrapStore: slow })
  const send = test.queue.send.bind(test.queue)
  vi.spyOn(test.queue, 'send').mockImplementation((queue, messages) => {
    for (const { message } of messages) sentAt.set(message.id, test.clock.now())
    return send(queue, messages)
  })
  const requests = Array.from({ length: jobs }, () => ({ type: 'work', input: {} }))
  const enqueued = enqueueMany(test.deps, requests)
  await test.advance('5m')
  const outcomes = await enqueued
  expect(outcomes.filter(({ kind }) => kind === 'enqueued')).toHaveLength(jobs)
  const waits = [...sentAt].map(([id, at]) => (putAt.get(id) ?? Number.POSITIVE_INFINITY) - at)
  expect(Math.max(...waits)).toBeLessThanOrEqual(sliceMs)
  expect(Math.max(...sizes)).toBe(requestsPerSlice)
  expect(test.events.filter(({ name }) => name === 'message_dropped')).toEqual([])
  expect(test.events.filter(({ name }) => name === 'job_completed')).toHaveLength(jobs)
})

it('answers in the order of the requests, whatever slice they are in', async () => {
  const { test } = runnerWith(() => undefined)
  const requests = Array.from({ length: 250 }, (_, n) => ({
    type: 'work',
    input: { n: n === 130 ? 'no number' : n },
    idempotencyKey: `key-${n}`,
  }))
  const outcomes = await enqueueMany(test.deps, requests)
  const read = outcomes.map(one => (one.kind === 'enqueued' ? (test.store.read(one.id)?.input ?? '') : one.error.name))
  expect(read).toEqual(requests.map(({ input: { n } }) => (n === 'no number' ? 'InputRefused' : `{"n":${n}}`)))
})

it('a job that the store will never take is refused as that, and not tried again', async () => {
  const { test, work, flaky } = runnerWith(() => undefined)
  const insert = vi.spyOn(flaky, 'insert').mockResolvedValue([{ kind: 'failed', error: new Unwritable('too large') }])
  await expect(test.enqueue(work, { n: 1 })).rejects.toMatchObject({ code: 'unwritable', message: 'too large' })
  expect(insert).toHaveBeenCalledTimes(1)
})

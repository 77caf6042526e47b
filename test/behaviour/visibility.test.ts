/** Who hides a message for its job's lease: the queue's own visibility timeout where it fits, a call where it does not. */
import * as v from 'valibot'
import { expect, it, vi } from 'vitest'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { maxNoticeMs, visibilityTimeoutMs } from '../../lib/core/definition/deployment.ts'
import { leaseMs } from '../../lib/core/definition/policy.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing/test-runner.ts'

const job = (type: string, timeout: '2s' | '60s') => defineJob({ type, timeout, input: v.object({}) })
const [short, long] = [job('short', '2s'), job('long', '60s')]
const runner = defineRunner({ jobs: [short, long] })
const never = () => new Promise<void>(() => {})
const handlers = [handle(short, never), handle(long, never)]

/** A run that never ends, of a message that was received some time before the worker got it. */
async function started(contract: typeof short, delayMs: number, receives = 1) {
  const test = createTestRunner({ runner, handlers, hasTicks: false })
  const { id } = await test.enqueue(contract, {}, { delay: '1s' })
  const visibilityMs = visibilityTimeoutMs(runner, 'default')
  await test.clock.advance(1_000)
  const [received] = test.queue.receive('default', 1, visibilityMs)
  if (received === undefined) throw new Error('no message')
  const hiddenUntil = receives === 1 ? test.clock.now() + visibilityMs : undefined
  await test.clock.advance(delayMs)
  const hide = vi.spyOn(test.queue, 'setVisibility')
  const deliveries = [{ ...received, receives, hiddenUntil }]
  void runBatch(test.deps, handlers, { queue: 'default', deliveries, endAt: test.clock.now() + 900_000 })
  await test.clock.settle()
  const { leaseUntil = 0 } = test.store.read(id) ?? {}
  const lateMs = (test.queue.nextVisibleAt('default') ?? 0) - leaseUntil
  return { test, id, lateMs, calls: hide.mock.calls.length, leaseUntil }
}

it('the longest lease of a queue needs no call', async () => {
  expect(await started(long, 0)).toMatchObject({ calls: 0, lateMs: 6_000 })
  expect(await started(long, 6_000)).toMatchObject({ calls: 0, lateMs: 0 })
})

it('a shorter lease, a late start and a later receive do', async () => {
  expect(await started(short, 0)).toMatchObject({ calls: 1, lateMs: 0 })
  expect(await started(long, 6_001)).toMatchObject({ calls: 1 })
  expect(await started(long, 0, 2)).toMatchObject({ calls: 1, lateMs: 0 })
})

it.each([0, 1, 999, 3_000, 6_000, 6_500, 60_000, 74_999])(
  'received %i ms before its start: a crash is noticed within the margin after the lease, never before its end',
  async delayMs => {
    for (const contract of [short, long]) {
      const { lateMs } = await started(contract, delayMs)
      expect(lateMs).toBeGreaterThanOrEqual(0)
      expect(lateMs).toBeLessThanOrEqual(maxNoticeMs)
    }
  },
)

it('a heartbeat hides the message anew: the queue hid it for the first lease only', async () => {
  const beating = handle(long, async (_, ctx) => {
    await test.clock.sleep(30_000)
    await ctx.heartbeat()
    await never()
  })
  const test = createTestRunner({ runner, handlers: [handle(short, never), beating], hasTicks: false, patienceMs: 1 })
  const { id } = await test.enqueue(long, {})
  await test.advance('31s')
  const { leaseUntil = 0 } = test.store.read(id) ?? {}
  expect(leaseUntil).toBe(test.clock.now() - 1_000 + leaseMs(long.policy))
  expect((test.queue.nextVisibleAt('default') ?? 0) - leaseUntil).toBe(0)
})

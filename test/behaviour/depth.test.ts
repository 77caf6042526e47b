import * as v from 'valibot'
import { expect, it } from 'vitest'
import { enqueue } from '../../lib/app/enqueue/enqueue.ts'
import { maxChainDepth } from '../../lib/core/values/times.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'

const chain = defineJob({ type: 'chain', input: v.object({}), maxAttempts: 1 })

/** A job whose run enqueues the next, without end. */
function endless(): TestRunner {
  const test: TestRunner = createTestRunner({
    runner: defineRunner({ jobs: [chain] }),
    handlers: [handle(chain, () => enqueue(test.deps, { type: 'chain', input: {} }))],
  })
  return test
}

it('a chain of jobs counts its depth, and ends with a clear error where it has no end of its own', async () => {
  const test = endless()
  const { id } = await test.enqueue(chain, {})
  await test.drain()
  const jobs = test.store.all()
  expect(jobs).toHaveLength(maxChainDepth + 1)
  expect(test.store.read(id)).not.toHaveProperty('depth')
  const last = jobs.find(({ depth }) => depth === maxChainDepth)
  expect(last).toMatchObject({ state: 'FAILED', error: expect.stringContaining('at most 1000 jobs') })
  expect(jobs.filter(({ state }) => state === 'COMPLETED')).toHaveLength(maxChainDepth)
})

it('jobs enqueued outside of any run, while others run, begin at the surface', async () => {
  const test = endless()
  await test.enqueue(chain, {}, { delay: '1m' })
  const { id } = await test.enqueue(chain, {}, { delay: '1h' })
  expect(test.store.read(id)).not.toHaveProperty('depth')
})

it.each([
  ['1m', maxChainDepth + 50],
  ['59s', maxChainDepth + 1],
] as const)(
  'a job that enqueues itself %s ahead has run %i times: a slow chain does not end',
  { timeout: 60_000 },
  async (delay, runs) => {
    let count = 0
    const test: TestRunner = createTestRunner({
      runner: defineRunner({ jobs: [chain] }),
      handlers: [
        handle(chain, async () => {
          count += 1
          if (count < maxChainDepth + 50) await enqueue(test.deps, { type: 'chain', input: {}, delay })
        }),
      ],
      hasTicks: false,
    })
    await test.enqueue(chain, {})
    await test.drain()
    expect(count).toBe(runs)
  },
)

it('a run that takes its time begins a new chain as well', async () => {
  const test: TestRunner = createTestRunner({
    runner: defineRunner({ jobs: [chain] }),
    handlers: [
      handle(chain, async (_, { attempt }) => {
        await test.clock.sleep(55_000)
        if (attempt === 1 && test.store.all().length < 3) {
          await enqueue(test.deps, { type: 'chain', input: {}, delay: '5s' })
        }
      }),
    ],
  })
  await test.enqueue(chain, {})
  await test.drain()
  expect(test.store.all().map(({ depth }) => depth)).toEqual([undefined, undefined, undefined])
})

/** What limits by key take from the throughput of jobs that never meet them, when each request takes its time. */
import * as v from 'valibot'
import { expect, it } from 'vitest'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import type { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

interface Input {
  readonly tenant: string
}

const input = v.object({ tenant: v.string() }) as never
const plain = defineJob({ type: 'plain', input })
const limited = defineJob({ type: 'limited', input, limit: { key: ({ tenant }: Input) => tenant, concurrency: 3 } })
const runner = defineRunner({ jobs: [plain, limited], queues: { default: { concurrency: 5, batchSize: 10 } } })

/** What DynamoDB and SQS answer in, within a region (milliseconds). */
const requestMs = 5

/** The port, each request to which takes its time. */
function distant<Port extends object>(port: Port, clock: VirtualClock): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return async (...args: readonly unknown[]) => {
        await clock.sleep(requestMs)
        return Reflect.apply(member, target, args) as unknown
      }
    },
  })
}

/** Five workers run ten jobs of each of 50 tenants, in batches of ten. */
async function run(type: 'plain' | 'limited') {
  const running = new Map<string, number>()
  let most = 0
  const work = async ({ tenant }: Input) => {
    running.set(tenant, (running.get(tenant) ?? 0) + 1)
    most = Math.max(most, running.get(tenant) ?? 0)
    await test.clock.sleep(200)
    running.set(tenant, (running.get(tenant) ?? 1) - 1)
  }
  const handlers = [handle(plain, work as never), handle(limited, work as never)]
  const test = createTestRunner({ runner, handlers, hasTicks: false, startAt })
  const { store, records, queue } = test.deps
  const [farStore, farRecords] = [distant(store, test.clock), distant(records, test.clock)]
  const deps = { ...test.deps, store: farStore, records: farRecords, queue: distant(queue, test.clock) }
  for (let n = 0; n < 500; n += 1) {
    await test.enqueue(type === 'plain' ? plain : limited, { tenant: `t${n % 50}` })
  }
  const begin = test.clock.now()
  const worker = async () => {
    for (;;) {
      const deliveries = test.queue.receive('default', 10, 900_000)
      if (deliveries.length === 0) break
      await runBatch(deps, handlers, { queue: 'default', deliveries, endAt: test.clock.now() + 900_000 })
    }
  }
  let isOver = false
  const workers = Promise.all(Array.from({ length: 5 }, worker)).finally(() => {
    isOver = true
  })
  const over = () => isOver
  while (!over()) await test.clock.advance(1)
  await workers
  const completed = test.events.filter(({ name }) => name === 'job_completed').length
  return { ms: test.clock.now() - begin, most, completed }
}

it('50 tenants with a limit of 3, none of them hot: within 10 % of the throughput without', async () => {
  const free = await run('plain')
  const bound = await run('limited')
  expect([free.completed, bound.completed, bound.most]).toEqual([500, 500, expect.any(Number)])
  expect(bound.most).toBeLessThanOrEqual(3)
  console.log(`500 jobs of 200 ms: ${free.ms} ms, with a limit ${bound.ms} ms`)
  // A place is asked for before the start, and given back after the end.
  expect(bound.ms).toBeLessThanOrEqual(free.ms * 1.1)
})

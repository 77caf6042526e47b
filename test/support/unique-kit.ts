/** A job with a unique key, and a kit whose handler a test gives. */
import * as v from 'valibot'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { UniqueOptions } from '../../lib/core/definition/unique.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { FlakyStore } from './flaky-store.ts'
import { startAt } from './jobs.ts'

export const reindex = defineJob({
  type: 'reindex',
  input: v.object({ account: v.string(), n: v.number() }),
  unique: { key: ({ account }) => account },
  maxAttempts: 2,
  backoff: { kind: 'fixed', delay: '1m' },
})
export const parent = defineJob({ type: 'parent', input: v.object({}), enqueues: [reindex] })

export type Handling = (n: number, ctx: RunContext, kit: TestRunner) => unknown

export function kitOf(handling: Handling = () => undefined) {
  const ran: number[] = []
  const runner = defineRunner({ jobs: [reindex, parent] })
  const flaky: { store?: FlakyStore } = {}
  const kit: TestRunner = createTestRunner({
    runner,
    startAt,
    handlers: [
      handle(reindex, ({ n }, ctx) => {
        ran.push(n)
        return handling(n, ctx, kit)
      }),
      handle(parent, (_, ctx) => handling(0, ctx, kit)),
    ],
    wrapStore: store => (flaky.store = new FlakyStore(store)),
  })
  const ask = (n: number, unique?: UniqueOptions, more: object = {}) =>
    kit.enqueue(reindex, { account: 'a42', n }, { ...more, ...(unique === undefined ? {} : { unique }) })
  return { kit, ran, ask, flaky: () => flaky.store as FlakyStore }
}

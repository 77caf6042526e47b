import * as v from 'valibot'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { defineJob, type JobOptions } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import type { JobStore } from '../../lib/ports/job-store.ts'
import { createTestRunner, type TestRunner, type TestRunnerOptions } from '../../lib/testing.ts'
import { FlakyStore } from './flaky-store.ts'

/** New Year 2027, UTC. */
export const startAt = 1_798_761_600_000

/** A runner with one job type, `work`, whose handler is the given function. */
export function runnerWith(
  run: (input: { n: number }, ctx: RunContext) => unknown,
  options: Partial<JobOptions<'work', { n: number }, { n: number }>> = {},
  test: Partial<TestRunnerOptions> = {},
): { test: TestRunner; work: typeof work; starts: number[]; flaky: FlakyStore } {
  const work = defineJob({
    type: 'work',
    input: v.object({ n: v.number() }),
    backoff: { kind: 'fixed', delay: '5s' },
    ...options,
  })
  const starts: number[] = []
  const handler = handle(work, (input, ctx) => {
    starts.push(kit.clock.now())
    return run(input, ctx)
  })
  let flaky: FlakyStore | undefined
  const wrapStore = (store: JobStore) => (flaky = new FlakyStore(test.wrapStore?.(store) ?? store))
  const runner = defineRunner({ jobs: [work] })
  // Handlers here wait for nothing real, or for ever: no test should wait for them.
  const kit = createTestRunner({ runner, handlers: [handler], startAt, patienceMs: 10, ...test, wrapStore })
  if (flaky === undefined) throw new Error('the store was not wrapped')
  return { test: kit, work, starts, flaky }
}

/** A job with `onFailed`, and a kit whose handler a test gives. */
import * as v from 'valibot'
import { type FailedJob, failedJob } from '../../lib/core/definition/failed-job.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { defineJob, type JobOptions } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunner, type TestRunnerOptions } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

export const Charge = v.object({ order: v.string(), cents: v.pipe(v.number(), v.transform(String)) })
type Input = v.InferInput<typeof Charge>
export type Output = v.InferOutput<typeof Charge>

export type Options = Partial<JobOptions<'charge', Input, Output>>

export function kitOf(
  handling: (ctx: RunContext, kit: TestRunner) => unknown,
  {
    more = {},
    follower = {},
    kit: kitOptions = {},
  }: {
    readonly more?: Options
    readonly follower?: Partial<JobOptions<'charge-failed', never, never>>
    readonly kit?: Partial<TestRunnerOptions>
  } = {},
) {
  const chargeFailed = defineJob({
    type: 'charge-failed',
    queue: 'makes-good',
    input: failedJob(Charge),
    ...(follower as object),
  })
  const charge = defineJob({
    type: 'charge',
    input: Charge,
    maxAttempts: 2,
    backoff: { kind: 'fixed', delay: '1m' },
    onFailed: chargeFailed,
    ...more,
  })
  const runner = defineRunner({ jobs: [charge, chargeFailed], queues: { 'makes-good': {} } })
  const made: FailedJob<Output>[] = []
  const kit: TestRunner = createTestRunner({
    runner,
    startAt,
    handlers: [handle(charge, (_, ctx) => handling(ctx, kit)), handle(chargeFailed, failed => void made.push(failed))],
    ...kitOptions,
  })
  const enqueue = (options = {}) => kit.enqueue(charge, { order: 'o1', cents: 42 }, options)
  const followers = (): readonly Job[] =>
    kit.store.all().filter(({ type }) => type === 'charge-failed') as readonly Job[]
  return { kit, charge, made, enqueue, followers }
}

export const no = (): never => {
  throw new Error('card refused')
}

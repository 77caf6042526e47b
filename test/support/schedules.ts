import * as v from 'valibot'
import { tick } from '../../lib/app/sweeper/tick.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { scheduleKey } from '../../lib/core/records/keys.ts'
import {
  defineJob,
  defineRunner,
  handle,
  type JobOptions,
  type ScheduleDeclaration,
  type ScheduleOf,
  schedule,
} from '../../lib/index.ts'
import { createTestRunner, type TestRunnerOptions } from '../../lib/testing.ts'
import { startAt } from './jobs.ts'

export const minute = 60_000
interface Input {
  n?: number | undefined
  day?: string | undefined
}
const workOptions = {
  type: 'work',
  input: v.object({ n: v.optional(v.number()), day: v.optional(v.string()) }),
} as const
export const work = defineJob<'work', Input, Input>(workOptions)
export type Options = ScheduleOf<typeof work>

/** A runner of the given schedules, and what its handler saw. */
export function kitOf(
  schedules: Readonly<Record<string, Options>>,
  options: Partial<TestRunnerOptions> = {},
  run: (ctx: RunContext) => Promise<void> | void = () => {},
  policy: Partial<JobOptions<'work', Input, Input>> = {},
) {
  const job = defineJob<'work', Input, Input>({ ...workOptions, ...policy })
  const runs: { at: number; ctx: RunContext; input: unknown }[] = []
  const runnerOf = (given: Readonly<Record<string, Options>>) =>
    defineRunner({
      jobs: [job],
      schedules: Object.entries(given).map(([name, one]): ScheduleDeclaration => schedule(name, job, one)),
    })
  const test = createTestRunner({
    runner: runnerOf(schedules),
    handlers: [
      handle(job, (input, ctx) => {
        runs.push({ at: test.clock.now(), ctx, input })
        return run(ctx)
      }),
    ],
    startAt,
    patienceMs: 10,
    ...options,
  })
  const occurrences = () => runs.map(({ ctx }) => ctx.job.schedule?.time ?? 0)
  /** A tick of a deployment that defines other schedules. */
  const tickOf = (given: Readonly<Record<string, Options>>) =>
    tick({ ...test.deps, runner: runnerOf(given) }, test.clock.now() + minute)
  const stored = (name: string) => test.records.read(scheduleKey(name))?.attributes
  const told = (name: string) => test.events.filter(event => event.name === name)
  return { test, runs, occurrences, stored, told, tickOf, runnerOf }
}

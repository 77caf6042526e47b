/** A runner of jobs with a limit, and what ran in it at once. */
import * as v from 'valibot'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { gateFrom, jobOfTicket } from '../../lib/core/records/gate.ts'
import { gateKey } from '../../lib/core/records/keys.ts'
import { defineJob, type JobOptions } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunnerOptions } from '../../lib/testing.ts'
import { startAt } from './jobs.ts'

export interface Input {
  readonly tenant: string
  readonly ms?: number
}

interface Limited extends Partial<JobOptions<'sync', Input, Input>> {
  readonly run?: (input: Input, ctx: RunContext) => unknown
  readonly test?: Partial<TestRunnerOptions>
}

/** A runner whose jobs take as long as they say; what ran, and the most that ran at once, by tenant. */
export function limitedKit({ run, test: options = {}, ...job }: Limited = {}) {
  const sync = defineJob({
    type: 'sync',
    input: v.looseObject({ tenant: v.string() }) as never,
    limit: { key: ({ tenant }: Input) => tenant, concurrency: 2 },
    backoff: { kind: 'fixed', delay: '5s' },
    ...job,
  })
  const running = new Map<string, number>()
  const most = new Map<string, number>()
  const order: string[] = []
  const test = createTestRunner({
    runner: defineRunner({ jobs: [sync], queues: { default: { concurrency: 50, batchSize: 10 } } }),
    handlers: [
      handle(sync, async (input: Input, ctx) => {
        const { tenant, ms = 1_000 } = input
        running.set(tenant, (running.get(tenant) ?? 0) + 1)
        most.set(tenant, Math.max(most.get(tenant) ?? 0, running.get(tenant) ?? 0))
        order.push(ctx.job.id)
        try {
          if (run === undefined) await test.clock.sleep(ms)
          else await run(input, ctx)
        } finally {
          running.set(tenant, (running.get(tenant) ?? 1) - 1)
        }
      }),
    ],
    startAt,
    patienceMs: 10,
    ...options,
  })
  const enqueue = (tenant: string, more: object = {}, ms = 1_000) => test.enqueue(sync, { tenant, ms }, more)
  const gate = (tenant = 'a') => gateFrom(test.records.read(gateKey(`sync/${tenant}`)))
  const tickets = () =>
    test.records.all().flatMap(record => (record.part.startsWith('wait#') ? [jobOfTicket(record)] : []))
  return { test, sync, enqueue, gate, tickets, most, order }
}

export const statesOf = async (test: ReturnType<typeof limitedKit>['test'], ids: readonly string[]) =>
  Promise.all(ids.map(async id => (await test.get(id))?.state))

import type { JobContract } from '../core/definition/contract.ts'
import type { JobPolicy } from '../core/definition/policy.ts'
import type { JobHandler } from '../core/definition/run-hooks.ts'
import type { Runner } from '../core/definition/runner.ts'
import type { ScheduleDeclaration } from '../core/schedule/definition.ts'
import { InvalidDefinition, show } from '../core/values/errors.ts'

/** What the bundle of a worker exports. */
export interface WorkerModule {
  readonly runner: Runner
  readonly handlers: readonly JobHandler[]
}

/** What the probe learns from loading a worker. */
export type ProbeReport =
  | {
      readonly kind: 'loaded'
      /** As `describeRunner` shows it. */
      readonly runner: string
      /** The job types that have a handler. */
      readonly handled: readonly string[]
      /** Of a worker's bundle only their names are true: it leaves the calendar out. */
      readonly schedules: readonly DescribedSchedule[]
    }
  | {
      readonly kind: 'thrown'
      readonly name: string
      readonly message: string
      /** The first line of the stack; empty if there is none. */
      readonly place: string
    }

/** When a schedule of the code is due. */
export type DescribedSchedule = Pick<ScheduleDeclaration, 'name' | 'when' | 'paused'>

/** What of a runner decides about the deployment, as JSON text: two runners deploy alike if their texts are equal. */
export const describeRunner = ({ queues, jobs }: Runner): string =>
  JSON.stringify({ queues, jobs: Object.entries(jobs).map(([type, job]) => [type, job.queue, job.policy]) })

/** What `describeRunner` wrote, for those who cannot import the runner itself. Its schemas and middleware are not in it. */
export function runnerDescribed(text: string): Runner {
  const { queues, jobs } = JSON.parse(text) as {
    readonly queues: Runner['queues']
    readonly jobs: readonly (readonly [string, string, JobPolicy])[]
  }
  const contracts = jobs.map(([type, queue, policy]): JobContract => ({ type, queue, policy, input: notHere }))
  return {
    queues,
    jobs: Object.fromEntries(contracts.map(contract => [contract.type, contract])),
    schedules: [],
    middleware: [],
  }
}

const notHere: JobContract['input'] = {
  '~standard': {
    version: 1,
    vendor: 'lamplighter',
    validate: () => ({ issues: [{ message: 'the schema is in the module of the runner' }] }),
  },
}

/** @throws InvalidDefinition when `runner` is something else */
export function describeWorker({ runner, handlers }: WorkerModule): ProbeReport {
  const { queues, jobs } = (runner ?? {}) as Partial<Runner>
  if (typeof queues !== 'object' || typeof jobs !== 'object') {
    throw new InvalidDefinition(`runner is ${show(runner)}; allowed: what defineRunner returned`)
  }
  return {
    kind: 'loaded',
    runner: describeRunner(runner),
    handled: handlers.map(({ contract }) => contract.type),
    schedules: (runner.schedules ?? []).map(({ name, when, paused }) => ({ name, when, paused })),
  }
}

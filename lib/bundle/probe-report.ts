import type { JobHandler } from '../core/definition/run-context.ts'
import type { Runner } from '../core/definition/runner.ts'

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
    }
  | {
      readonly kind: 'thrown'
      readonly name: string
      readonly message: string
      /** The first line of the stack; empty if there is none. */
      readonly place: string
    }

/** What of a runner decides about the deployment, as JSON text: two runners deploy alike if their texts are equal. */
export const describeRunner = ({ queues, jobs }: Runner): string =>
  JSON.stringify({ queues, jobs: Object.entries(jobs).map(([type, job]) => [type, job.queue, job.policy]) })

export const describeWorker = ({ runner, handlers }: WorkerModule): ProbeReport => ({
  kind: 'loaded',
  runner: describeRunner(runner),
  handled: handlers.map(({ contract }) => contract.type),
})

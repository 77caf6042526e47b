import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { bundle } from '../../lib/bundle/bundle.ts'
import { entryOf } from '../../lib/bundle/entries.ts'
import { queueDefinitions } from '../../lib/core/definition/deployment.ts'
import { queuePolicyOf } from '../../lib/core/definition/runner.ts'
import { systemQueue, withSystemQueue } from '../../lib/core/definition/system.ts'
import { namesEnvironment } from '../access/environment.ts'
import { accessOf, type Resources, statementsFor, windowStatements } from '../access/permissions.ts'
import type { JobRunnerProps } from '../props/job-runner-props.ts'
import { acknowledge } from './acknowledge.ts'
import { JobQueue } from './job-queue.ts'
import { codeOf, type FunctionSettings, runnerFunction } from './runner-function.ts'

export interface SystemWorkerSpec {
  readonly props: Pick<JobRunnerProps, 'runner' | 'systemQueue'>
  readonly entries: { readonly runner: string }
  readonly resources: Omit<Resources, 'queues'>
  /** Of the runner, by name: the jobs of bulk acts are sent to them. */
  readonly queues: Readonly<Record<string, Queue>>
  readonly settings: FunctionSettings
}

/** Lists, acts and waits, a few jobs at a time. */
const memorySize = 512

/** The queue of bulk acts and backfills, and the function that carries them out. */
class SystemWorker extends Construct {
  readonly queue: Queue
  readonly function: LambdaFunction

  constructor(scope: Construct, spec: SystemWorkerSpec) {
    super(scope, 'System')
    const runner = withSystemQueue(spec.props.runner)
    const definition = queueDefinitions(runner).find(({ queue }) => queue === systemQueue)
    if (definition === undefined) throw new Error(`no definition of the queue ${systemQueue}`)
    this.queue = new JobQueue(this, definition, spec.resources.encryptionKey).queue
    const queues: Record<string, IQueue> = { ...spec.queues, [systemQueue]: this.queue }
    const { jobs, records } = spec.resources
    this.function = runnerFunction(this, spec.settings, {
      description: 'Lamplighter: bulk acts on jobs, and backfills of schedules',
      code: codeOf(bundle('system', entryOf('system', spec.entries.runner))),
      timeoutMs: definition.functionTimeoutMs,
      memorySize,
      environment: namesEnvironment(this, { jobs, records, queues }),
      statements: [
        // What it is asked for is small: no bucket.
        ...statementsFor(accessOf.worker, { ...spec.resources, queues: [this.queue], payloads: undefined }),
        ...statementsFor(accessOf.system, { ...spec.resources, queues: Object.values(spec.queues) }),
        ...windowStatements(accessOf.windows, { ...spec.resources, queues: [] }),
      ],
    })
    const { batchSize, concurrency } = queuePolicyOf(runner, systemQueue)
    const messages = new EventSourceMapping(this, 'Messages', {
      target: this.function,
      eventSourceArn: this.queue.queueArn,
      batchSize,
      maxConcurrency: concurrency,
      reportBatchItemFailures: true,
    })
    acknowledge(messages, {
      'Serverless-LambdaEventSourceMappingDestination':
        "Lambda has none for SQS: a message that nobody can handle goes to the queue's own dead-letter queue.",
    })
  }
}

/** Undefined where the props leave it out. */
export const systemWorker = (scope: Construct, spec: SystemWorkerSpec): SystemWorker | undefined =>
  spec.props.systemQueue === false ? undefined : new SystemWorker(scope, spec)

import type { EventSourceMapping, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { queueDefinitions } from '../../lib/core/definition/deployment.ts'
import { queuePolicyOf } from '../../lib/core/definition/runner.ts'
import type { Resources } from '../access/permissions.ts'
import type { EntryFiles } from '../props/entry-files.ts'
import type { JobRunnerProps } from '../props/job-runner-props.ts'
import { JobQueue } from './job-queue.ts'
import type { FunctionSettings } from './runner-function.ts'
import { Worker } from './worker.ts'

/** Each by the name of its queue. */
export interface QueuesAndWorkers {
  readonly queues: Readonly<Record<string, Queue>>
  readonly deadLetterQueues: Readonly<Record<string, Queue>>
  readonly workers: Readonly<Record<string, LambdaFunction>>
  /** What brings each worker its messages. */
  readonly mappings: Readonly<Record<string, EventSourceMapping>>
}

export interface QueuesAndWorkersSpec {
  readonly resources: Omit<Resources, 'queues'>
  readonly entries: EntryFiles
  readonly settings: FunctionSettings
  readonly props: JobRunnerProps
}

/** For each queue of the runner the queue, its dead-letter queue and its worker. */
export function queuesAndWorkers(scope: Construct, spec: QueuesAndWorkersSpec): QueuesAndWorkers {
  const { resources, entries, settings, props } = spec
  const queues: Record<string, Queue> = {}
  const deadLetterQueues: Record<string, Queue> = {}
  const workers: Record<string, LambdaFunction> = {}
  const mappings: Record<string, EventSourceMapping> = {}
  const definitions = queueDefinitions(props.runner)
  const pairs = definitions.map(definition => new JobQueue(scope, definition, resources.encryptionKey))
  for (const [index, { queue: name }] of definitions.entries()) {
    const { queue, deadLetterQueue } = pairs[index] as JobQueue
    queues[name] = queue
    deadLetterQueues[name] = deadLetterQueue
  }
  for (const definition of definitions) {
    const name = definition.queue
    const worker = new Worker(scope, {
      definition,
      policy: queuePolicyOf(props.runner, name),
      queue: queues[name] as Queue,
      queues,
      resources,
      modules: { runner: entries.runner, handlers: entries.handlersOf(name) },
      settings,
      props: props.workers?.[name] ?? {},
    })
    workers[name] = worker.function
    mappings[name] = worker.messages
  }
  return { queues, deadLetterQueues, workers, mappings }
}

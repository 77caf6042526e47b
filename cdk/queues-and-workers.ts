import { Annotations, Token } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { queueDefinitions } from '../lib/core/definition/deployment.ts'
import { queuePolicyOf } from '../lib/core/definition/runner.ts'
import { groupBy } from '../lib/core/values/lists.ts'
import { checkHandlers } from './check-handlers.ts'
import type { Entries } from './check-props.ts'
import { jobQueues } from './job-queues.ts'
import type { JobRunnerProps } from './job-runner-props.ts'
import type { FunctionSettings } from './runner-function.ts'
import { workerFunction } from './worker.ts'

export interface QueuesAndWorkers {
  readonly queues: Readonly<Record<string, Queue>>
  readonly deadLetterQueues: Readonly<Record<string, Queue>>
  readonly workers: Readonly<Record<string, LambdaFunction>>
}

export interface QueuesAndWorkersSpec {
  /** For messages: which construct. */
  readonly where: string
  readonly table: Table
  readonly entries: Entries
  readonly settings: FunctionSettings
  readonly props: JobRunnerProps
}

/** For each queue of the runner the queue, its dead-letter queue and its worker. */
export function queuesAndWorkers(scope: Construct, spec: QueuesAndWorkersSpec): QueuesAndWorkers {
  const { table, entries, settings, props } = spec
  checkAllHandlers(scope, spec)
  const queues: Record<string, Queue> = {}
  const deadLetterQueues: Record<string, Queue> = {}
  const workers: Record<string, LambdaFunction> = {}
  for (const definition of queueDefinitions(props.runner)) {
    const name = definition.queue
    const { queue, deadLetterQueue } = jobQueues(scope, definition, props.encryptionKey)
    queues[name] = queue
    deadLetterQueues[name] = deadLetterQueue
    workers[name] = workerFunction(scope, {
      definition,
      policy: queuePolicyOf(props.runner, name),
      queue,
      resources: { table, encryptionKey: props.encryptionKey, eventBus: props.eventBus },
      modules: { runner: entries.runner, handlers: entries.handlersOf(name) },
      settings,
      props: props.workers?.[name] ?? {},
    })
  }
  return { queues, deadLetterQueues, workers }
}

/** Each module of handlers once, with the queues that it serves. */
function checkAllHandlers(scope: Construct, { where, entries, props }: QueuesAndWorkersSpec): void {
  for (const [handlers, queues] of groupBy(Object.keys(props.runner.queues), entries.handlersOf)) {
    const variables = queues.flatMap(queue => Object.entries(props.workers?.[queue]?.environment ?? {}))
    // What is known at deployment only is any text.
    const environment = Object.fromEntries(
      variables.map(([name, value]) => [name, Token.isUnresolved(value) ? 'known at deployment' : value]),
    )
    const why = checkHandlers(where, props.runner, { runner: entries.runner, handlers }, queues, environment)
    if (why !== undefined) {
      Annotations.of(scope).addWarningV2(
        'lamplighter:handlers-not-checked',
        `${handlers} does not load here, so whether each job has a handler is not known: ${why}`,
      )
    }
  }
}

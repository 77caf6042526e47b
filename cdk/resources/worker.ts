import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { bundleWorker } from '../../lib/bundle/bundle-worker.ts'
import type { Modules } from '../../lib/bundle/entries.ts'
import type { QueueDefinition } from '../../lib/core/definition/deployment.ts'
import type { QueuePolicy } from '../../lib/core/definition/runner.ts'
import { InvalidInput } from '../../lib/core/values/errors.ts'
import { namesEnvironment } from '../access/environment.ts'
import { accessOf, type Resources, statementsFor, windowStatements } from '../access/permissions.ts'
import type { WorkerProps } from '../props/worker-props.ts'
import { acknowledge } from './acknowledge.ts'
import { codeOf, type FunctionSettings, type FunctionSpec, runnerFunction } from './runner-function.ts'

export interface WorkerSpec {
  readonly definition: QueueDefinition
  readonly policy: QueuePolicy
  readonly queue: Queue
  /** Of the whole runner, by name. */
  readonly queues: Readonly<Record<string, Queue>>
  readonly resources: Omit<Resources, 'queues'>
  readonly modules: Modules
  readonly settings: FunctionSettings
  readonly props: WorkerProps
}

/** About a quarter of a CPU: enough for handlers that wait for others most of the time. */
const defaultMemorySize = 512

/** The function that runs one queue's jobs, and the mapping that brings it their messages. */
export class Worker extends Construct {
  readonly function: LambdaFunction
  readonly messages: EventSourceMapping

  constructor(scope: Construct, spec: WorkerSpec) {
    super(scope, `Worker-${spec.definition.queue}`)
    const { policy, queue, props } = spec
    const { architecture = spec.settings.architecture } = props
    this.function = runnerFunction(this, { ...spec.settings, architecture }, functionSpec(this, spec))
    this.messages = new EventSourceMapping(this, 'Messages', {
      target: this.function,
      eventSourceArn: queue.queueArn,
      batchSize: policy.batchSize,
      maxConcurrency: policy.concurrency,
      reportBatchItemFailures: true,
    })
    acknowledge(this.messages, {
      'Serverless-LambdaEventSourceMappingDestination':
        "Lambda has none for SQS: a message that no worker can handle goes to the queue's own dead-letter queue.",
    })
  }
}

function queueNamed(queues: WorkerSpec['queues'], name: string): Queue {
  const queue = queues[name]
  if (queue === undefined) throw new InvalidInput('queue', name, Object.keys(queues).join(', '))
  return queue
}

function functionSpec(scope: Construct, { definition, queue, props, ...spec }: WorkerSpec): FunctionSpec {
  const resources: Resources = { ...spec.resources, queues: [queue] }
  const { jobs, records, payloads } = resources
  const into = Object.fromEntries(definition.enqueuesInto.map(name => [name, queueNamed(spec.queues, name)]))
  return {
    description: `Lamplighter: runs the jobs of queue ${definition.queue}`,
    code: props.code ?? codeOf(bundleWorker(spec.modules, props.bundling)),
    timeoutMs: definition.functionTimeoutMs,
    memorySize: props.memorySize ?? defaultMemorySize,
    environment: {
      ...props.environment,
      ...namesEnvironment(scope, { jobs, records, payloads, queues: { [definition.queue]: queue, ...into } }),
    },
    statements: [
      ...statementsFor(accessOf.worker, resources),
      ...statementsFor(accessOf.steps, resources),
      ...(definition.enqueuesInto.length === 0
        ? []
        : statementsFor(accessOf.followUps, { ...resources, queues: Object.values(into) })),
      ...windowStatements(accessOf.windows, {
        ...resources,
        windowed: definition.windowedInto.map(name => queueNamed(spec.queues, name)),
      }),
      ...statementsFor(accessOf.gates, resources),
      ...(definition.hasOnFailed ? statementsFor(accessOf.onFailed, resources) : []),
      ...(props.policyStatements ?? []),
    ],
    more: {
      ...(props.vpc === undefined ? {} : { vpc: props.vpc }),
      ...(props.vpcSubnets === undefined ? {} : { vpcSubnets: props.vpcSubnets }),
      ...(props.securityGroups === undefined ? {} : { securityGroups: [...props.securityGroups] }),
      ...(props.layers === undefined ? {} : { layers: [...props.layers] }),
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    },
  }
}

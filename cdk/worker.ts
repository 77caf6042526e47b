import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { QueueDefinition } from '../lib/core/definition/deployment.ts'
import type { QueuePolicy } from '../lib/core/definition/runner.ts'
import { acknowledge } from './acknowledge.ts'
import { bundle } from './bundle.ts'
import { type Modules, workerEntry } from './entries.ts'
import { eventBusEnvironment, namesEnvironment } from './environment.ts'
import type { WorkerProps } from './job-runner-props.ts'
import { accessOf, type Resources, statementsFor } from './permissions.ts'
import { type FunctionSettings, runnerFunction } from './runner-function.ts'

export interface WorkerSpec {
  readonly definition: QueueDefinition
  readonly policy: QueuePolicy
  readonly queue: Queue
  readonly resources: Omit<Resources, 'queues'>
  readonly modules: Modules
  readonly settings: FunctionSettings
  readonly props: WorkerProps
}

/** About a quarter of a CPU: enough for handlers that wait for others most of the time. */
const defaultMemorySize = 512

/** The function that runs one queue's jobs, and the mapping that brings it their messages. */
export function workerFunction(scope: Construct, spec: WorkerSpec): LambdaFunction {
  const { definition, policy, queue, props } = spec
  const resources: Resources = { ...spec.resources, queues: [queue] }
  const worker = runnerFunction(scope, `Worker-${definition.queue}`, spec.settings, {
    description: `Lamplighter: runs the jobs of queue ${definition.queue}`,
    bundle: bundle(`worker of queue ${definition.queue}`, workerEntry(spec.modules), props.bundling),
    timeoutMs: definition.functionTimeoutMs,
    memorySize: props.memorySize ?? defaultMemorySize,
    environment: {
      ...props.environment,
      ...namesEnvironment(resources.table, { [definition.queue]: queue }),
      ...eventBusEnvironment(resources.eventBus),
    },
    statements: [...statementsFor(accessOf.worker, resources), ...(props.policyStatements ?? [])],
    more: {
      ...(props.vpc === undefined ? {} : { vpc: props.vpc }),
      ...(props.vpcSubnets === undefined ? {} : { vpcSubnets: props.vpcSubnets }),
      ...(props.securityGroups === undefined ? {} : { securityGroups: [...props.securityGroups] }),
      ...(props.layers === undefined ? {} : { layers: [...props.layers] }),
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    },
  })
  const messages = new EventSourceMapping(worker, 'Messages', {
    target: worker,
    eventSourceArn: queue.queueArn,
    batchSize: policy.batchSize,
    maxConcurrency: policy.concurrency,
    reportBatchItemFailures: true,
  })
  acknowledge(messages, {
    'Serverless-LambdaEventSourceMappingDestination':
      "Lambda has none for SQS: a message that no worker can handle goes to the queue's own dead-letter queue.",
  })
  return worker
}

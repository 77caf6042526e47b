import { InvalidDefinition } from '../values/errors.ts'
import { maxFunctionMs } from '../values/quotas.ts'
import { tickMs } from '../values/times.ts'
import { leaseMs } from './policy.ts'
import { hasOnFailed, hasWindows, queuePolicyOf, type Runner } from './runner.ts'

/** The messages of a queue, in batches; so many batches at the same time. */
export interface QueueTrigger {
  readonly kind: 'queue'
  readonly queue: string
  readonly batchSize: number
  readonly concurrency: number
}

/** What calls a function. */
export type Trigger =
  | QueueTrigger
  /**
   * The changes of the jobs' table, in batches. `becomesAvailable`: only those that make an item AVAILABLE; `all`: every change,
   * by shard, collected for `windowMs`.
   */
  | { readonly kind: 'stream'; readonly batchSize: number; readonly changes: 'becomesAvailable' }
  | { readonly kind: 'stream'; readonly batchSize: number; readonly changes: 'all'; readonly windowMs: number }
  | { readonly kind: 'schedule'; readonly everyMs: number }
  | { readonly kind: 'http' }

/** A Lambda function: the same in the cloud and in the local stack. */
export interface FunctionDefinition<By extends Trigger = Trigger> {
  /** `worker-<queue>` for workers. */
  readonly name: string
  readonly timeoutMs: number
  /** In MB; unless the deployment sets another. Lambda gives CPU in proportion: one whole CPU at 1,769 MB. */
  readonly memorySize: number
  readonly trigger: By
}

const megabytes = { oneCpu: 1_769, default: 512 } as const

/** The functions that each deployment has once. */
export const singleFunctions = {
  /**
   * A tick is made of encoding, decoding and TLS on one thread: one CPU, and no use for a second.
   * docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
   */
  sweeper: {
    name: 'sweeper',
    timeoutMs: tickMs,
    memorySize: megabytes.oneCpu,
    trigger: { kind: 'schedule', everyMs: tickMs },
  },
  /** Each record of a batch costs an adoption and a dispatch. It only runs when items become AVAILABLE. */
  dispatcher: {
    name: 'dispatcher',
    timeoutMs: 60_000,
    memorySize: megabytes.default,
    trigger: { kind: 'stream', batchSize: 100, changes: 'becomesAvailable' },
  },
  /** A batch becomes some ten writes; reading 1,000 images takes most of the CPU. */
  recorder: {
    name: 'recorder',
    timeoutMs: 60_000,
    memorySize: megabytes.default,
    trigger: { kind: 'stream', batchSize: 1_000, changes: 'all', windowMs: 5_000 },
  },
  /** A page of 1 MB at a time, four in a second: decoding them takes a quarter of a CPU. */
  reconciler: {
    name: 'reconciler',
    timeoutMs: maxFunctionMs,
    memorySize: megabytes.default,
    trigger: { kind: 'schedule', everyMs: 86_400_000 },
  },
  /** API Gateway waits 30 s for its integration. docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
  api: { name: 'api', timeoutMs: 29_000, memorySize: megabytes.default, trigger: { kind: 'http' } },
} as const satisfies Readonly<Record<string, FunctionDefinition>>

/** One for each queue. */
export const workerDefinitions = (runner: Runner): readonly FunctionDefinition<QueueTrigger>[] =>
  Object.keys(runner.queues).map(queue => {
    const { batchSize, concurrency } = queuePolicyOf(runner, queue)
    return {
      name: `worker-${queue}`,
      timeoutMs: functionTimeoutMs(runner, queue),
      memorySize: megabytes.default,
      trigger: { kind: 'queue', queue, batchSize, concurrency },
    }
  })

/** All functions of a deployment. */
export const functionDefinitions = (runner: Runner): readonly FunctionDefinition[] => [
  ...workerDefinitions(runner),
  ...Object.values(singleFunctions),
]

/** A queue, its worker function and its dead-letter queue: the same in the cloud and in the local stack. */
export interface QueueDefinition {
  readonly queue: string
  readonly functionTimeoutMs: number
  readonly visibilityTimeoutMs: number
  readonly retentionMs: number
  /** Receives before SQS moves a message to the dead-letter queue. */
  readonly maxReceiveCount: number
  readonly deadLetterRetentionMs: number
  /** Queues that its worker must know and may send to, in addition to its own: its contracts' `enqueues` name their jobs. */
  readonly enqueuesInto: readonly string[]
  /** Those of `enqueuesInto` that have a window. */
  readonly windowedInto: readonly string[]
  /** Whether one of its contracts has `onFailed`: its worker then puts the job that follows a failed one. */
  readonly hasOnFailed: boolean
}

/**
 * High on purpose: throttled pollers raise the receive count as well. A dead letter means that the transport gave up,
 * never that the job failed, and the sweeper sends another message. 1,000 is SQS's limit.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
const maxReceiveCount = 1_000
const dayMs = 86_400_000
/** SQS's default. A dead letter keeps the time of its first send, so the dead-letter queue must keep longer. */
const retentionMs = 4 * dayMs
/** SQS's limit. */
const deadLetterRetentionMs = 14 * dayMs

export const queueDefinitions = (runner: Runner): readonly QueueDefinition[] =>
  Object.keys(runner.queues).map(queue => ({
    queue,
    functionTimeoutMs: functionTimeoutMs(runner, queue),
    visibilityTimeoutMs: visibilityTimeoutMs(runner, queue),
    retentionMs,
    maxReceiveCount,
    deadLetterRetentionMs,
    enqueuesInto: queuesEnqueuedFrom(runner, queue),
    windowedInto: queuesEnqueuedFrom(runner, queue).filter(name => hasWindows(runner, [name])),
    hasOnFailed: hasOnFailed(runner, queue),
  }))

/** The queues of all jobs that the handlers of a queue enqueue. */
function queuesEnqueuedFrom({ jobs }: Runner, queue: string): readonly string[] {
  const types = Object.values(jobs).flatMap(job => (job.queue === queue ? (job.enqueues ?? []) : []))
  return [...new Set(types.flatMap(type => jobs[type]?.queue ?? []))].toSorted((a, b) => (a < b ? -1 : 1))
}

/** Room after the longest lease of a queue: to record outcomes and answer before Lambda ends the function. */
export const recordMs = 6_000

/**
 * How long the worker function of a queue may take: the longest lease of its jobs, and room to record. In whole
 * seconds, as Lambda wants them; at most 15 minutes, because `defineJob` bounds every timeout.
 */
export function functionTimeoutMs(runner: Runner, queue: string): number {
  const leases = Object.values(runner.jobs).flatMap(job => (job.queue === queue ? leaseMs(job.policy) : []))
  return Math.ceil((Math.max(0, ...leases) + recordMs) / 1_000) * 1_000
}

/**
 * The queue's own visibility timeout: the function's, which is the longest lease and `recordMs`. A message of a job with
 * that lease is then hidden long enough from its receive on, and its run saves the call that would hide it.
 *
 * Lambda refuses a shorter one, and advises six times as long, for batches that throttling holds back. Here such a
 * batch does no harm: a message that comes twice starts its job once.
 * docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const visibilityTimeoutMs = (runner: Runner, queue: string): number => functionTimeoutMs(runner, queue)

/**
 * How long after the end of a lease its message may come back, in milliseconds: a crash must not go unnoticed for
 * longer. It covers `recordMs`, the rounding to whole seconds and two clocks that differ.
 */
export const maxNoticeMs = 10_000

/** Whether a message that is hidden until `hiddenUntil` outlasts a lease, and not by much. Both in epoch milliseconds. */
export const isHiddenForLease = (hiddenUntil: number, leaseUntil: number): boolean =>
  hiddenUntil >= leaseUntil && hiddenUntil <= leaseUntil + maxNoticeMs

/** Lambda: names and values of all variables together. docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxEnvironmentBytes = 4 * 1024
/** All but the queues, each at its longest: two table names, the metrics' namespace, the event bus, Node's options. */
const otherBytes = 1_280
/** `"":"https://sqs.ap-southeast-1.amazonaws.com.cn/123456789012/",` and a name of 80, SQS's longest. */
const urlBytes = 64 + 80

/** What a hosted dashboard is told, with the variable's name, at its longest. */
export const maxDashboardBytes = 1_000

/** The id of its mapping, which sweeper and API know by the queue's name: `"":"",` and a UUID. */
const mappingBytes = 6 + 36

/**
 * Whether the ids of all mappings fit in addition. Where they do not, a queue is paused by its flag alone, and its
 * concurrency is what the code says.
 * @param more bytes of further variables
 */
export const doMappingsFit = (queues: readonly string[], more = 0): boolean =>
  more + bytesOf(queues) + queues.reduce((sum, name) => sum + name.length + mappingBytes, 0) <= maxEnvironmentBytes

const bytesOf = (queues: readonly string[]): number =>
  queues.reduce((sum, name) => sum + name.length + urlBytes, otherBytes)

/**
 * Sweeper, dispatcher, API and every function of `grantEnqueue` name all queues; what CloudFormation will call them is
 * not known yet, so the longest name counts.
 * @param field of the runner, as the error names it
 * @param more bytes of further variables
 * @throws InvalidDefinition when they would not fit
 */
export function checkQueueCount(field: string, queues: readonly string[], more = 0): void {
  const bytes = more + bytesOf(queues)
  if (bytes <= maxEnvironmentBytes) return
  throw new InvalidDefinition(
    `${field} has ${queues.length} queues, whose names and URLs may take ${bytes} bytes of a function's ` +
      `environment; allowed: ${maxEnvironmentBytes} (Lambda's limit). Use fewer queues, or a second JobRunner`,
  )
}

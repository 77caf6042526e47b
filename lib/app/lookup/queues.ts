/** Queues: how full they are, how fast they go, and whether somebody paused them. */

import type { Limit } from '../../core/definition/contract.ts'
import { limitDeclared, queueGate } from '../../core/definition/limit.ts'
import { type QueuePolicy, queuePolicyOf, type Runner, windowOf } from '../../core/definition/runner.ts'
import { inStates, type Stock, stockFrom } from '../../core/history/stock.ts'
import { waitingStates } from '../../core/job/job.ts'
import { behindSince } from '../../core/records/behind.ts'
import { type Control, queueVersionOf } from '../../core/records/control.ts'
import { queueKey, stockKey } from '../../core/records/keys.ts'
import { pauseOf } from '../../core/records/pause.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import type { QueueDepth } from '../../ports/job-queue.ts'
import { countsOf, type QueueCounts } from './counts.ts'
import { ownQueuesKnown, queuesKnown, readControl } from './lanes.ts'
import { concurrencyOf, mappingOf, type QueueConcurrency } from './queue-mapping.ts'
import { figuresOf, flowsOf, type Quantiles, spansOf } from './stats.ts'
import { nextJobs, type OldestWaiting, oldestWaiting } from './waiting.ts'

/** What holds, and who has set it so; `by` and `at` are absent where it is what the code says. */
export interface QueueLimitView extends Limit {
  readonly by?: string
  readonly at?: string
  /** What the code says, where somebody has set another limit. */
  readonly code?: Limit
}

export interface QueueView {
  readonly name: string
  /** As the deployed code says; absent for a queue that is gone. */
  readonly policy?: QueuePolicy
  /** Absent: it is not paused. */
  readonly paused?: { readonly at: string; readonly by?: string; readonly why?: string; readonly until?: string }
  /** Batches that may run at the same time. Absent for a queue that is gone. */
  readonly concurrency?: QueueConcurrency
  /** What limits the whole queue. Absent: nothing does. */
  readonly limit?: QueueLimitView
  /** Of a queue with a window: since when jobs wait in the table until it has room. Absent: it has, or has no window. */
  readonly behind?: { readonly since: string }
  /** State of the mapping that hands its messages to the worker, in Lambda's words; absent where it is not known. */
  readonly mapping?: string
  /** As SQS estimates them; absent where it does not answer, or where the queue is gone. */
  readonly messages?: QueueDepth
  /** As the recorder counted them. */
  readonly jobs: Pick<QueueCounts, 'states' | 'types' | 'asOf'>
  /** The job that is due and has waited longest for a start; absent when none waits. */
  readonly oldestWaiting?: OldestWaiting
  /** Of the last five minutes: a minute. */
  readonly rates: {
    readonly enqueued: number
    readonly started: number
    readonly completed: number
    readonly failed: number
  }
  /** Of the last five minutes, in milliseconds. */
  readonly wait: Quantiles
  readonly run: Quantiles
}

const rateMinutes = 5
const perMinute = (count: number): number => count / rateMinutes
const minuteMs = 60_000

/** Costs about 4 read units and a request to SQS a queue; where jobs wait, half a unit a shard and up to 16 in addition. @throws Unavailable */
export async function listQueues(deps: Deps): Promise<readonly QueueView[]> {
  const control = await readControl(deps)
  const queues = ownQueuesKnown(deps.runner, control)
  return Promise.all(queues.map(name => viewOf(deps, control, name)))
}

/** Undefined for a queue that never was. @throws Unavailable */
export const getQueue = async (deps: Deps, name: string): Promise<QueueView | undefined> =>
  (await getVersionedQueue(deps, name))?.queue

/** As `getQueue`, with the version that an act may ask for. */
export async function getVersionedQueue(
  deps: Deps,
  name: string,
): Promise<{ readonly queue: QueueView; readonly version: string } | undefined> {
  const control = await readControl(deps)
  if (!queuesKnown(deps.runner, control).includes(name)) return undefined
  return { queue: await viewOf(deps, control, name), version: queueVersionOf(control, name, deps.clock.now()) }
}

async function viewOf(deps: Deps, control: Control, name: string): Promise<QueueView> {
  const hasWindow = windowOf(deps.runner, name) !== undefined
  const [[record, own], flow, messages, mapping] = await Promise.all([
    deps.records.get([stockKey(name), ...(hasWindow ? [queueKey(name)] : [])]),
    flowsOf(deps, name, lastMinutes(deps.clock.now())),
    depthOf(deps, name),
    mappingOf(deps, name),
  ])
  const concurrency = concurrencyOf(deps, control, name, mapping)
  const stock = stockFrom(record)
  const { queue: _, ...jobs } = countsOf(name, stock)
  const { wait, run, enqueued, started, completed, failed } = figuresOf(flow)
  const waiting = mayWait(stock, messages)
    ? oldestWaiting(await nextJobs(deps, control, name), deps.clock.now())
    : undefined
  return {
    name,
    ...(Object.hasOwn(deps.runner.queues, name) ? { policy: queuePolicyOf(deps.runner, name) } : {}),
    ...pausedIn(control, name, deps.clock.now()),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...limitIn(deps.runner, control, name),
    ...behindIn(own),
    ...(mapping === undefined ? {} : { mapping: mapping.state }),
    ...(messages === undefined ? {} : { messages }),
    jobs,
    ...(waiting === undefined ? {} : { oldestWaiting: waiting }),
    rates: {
      enqueued: perMinute(enqueued),
      started: perMinute(started),
      completed: perMinute(completed),
      failed: perMinute(failed),
    },
    wait,
    run,
  }
}

function pausedIn(control: Control, name: string, now: number): Pick<QueueView, 'paused'> {
  const pause = pauseOf(control, name, now)
  if (pause === undefined) return {}
  const { at, until, ...who } = pause
  return {
    paused: { ...who, at: formatInstant(at), ...(until === undefined ? {} : { until: formatInstant(until) }) },
  }
}

function limitIn(runner: Runner, control: Control, name: string): Pick<QueueView, 'limit'> {
  const code = limitDeclared(runner, queueGate(name))
  const set = control.limits.get(name)
  if (set === undefined) return code === undefined ? {} : { limit: code }
  const { limit, by, at } = set
  return { limit: { ...limit, by, at: formatInstant(at), ...(code === undefined ? {} : { code }) } }
}

function behindIn(record: StoredRecord | undefined): Pick<QueueView, 'behind'> {
  const since = behindSince(record)
  return since === undefined ? {} : { behind: { since: formatInstant(since) } }
}

/** Whether it pays to look for a job that waits. */
const mayWait = (stock: Stock, messages: QueueDepth | undefined): boolean =>
  stock.asOf === undefined || inStates(stock, ...waitingStates) > 0 || (messages?.visible ?? 1) > 0

/** The five minutes before this one, which is not over. */
function lastMinutes(now: number): { readonly since: number; readonly until: number } {
  const thisMinute = Math.floor(now / minuteMs) * minuteMs
  return { since: thisMinute - rateMinutes * minuteMs, until: thisMinute - 1 }
}

/** Starts a minute, of the last five; undefined without a recorder. */
export async function startRate(deps: Pick<Deps, 'records' | 'clock'>, queue: string): Promise<number | undefined> {
  const spans = await spansOf(deps, queue, { step: 'minute', ...lastMinutes(deps.clock.now()) })
  const flows = spans.flatMap(({ types }) => [...types.values()])
  return spans.length === 0 ? undefined : flows.reduce((sum, { started }) => sum + started, 0) / rateMinutes
}

/** An estimate that does not come spoils no answer. */
async function depthOf({ queue }: Pick<Deps, 'queue'>, name: string): Promise<QueueDepth | undefined> {
  try {
    return await queue.depth(name)
  } catch {
    return undefined
  }
}

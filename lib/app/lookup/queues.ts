/** Queues: how full they are, how fast they go, and whether somebody paused them. */

import { type QueuePolicy, queuePolicyOf } from '../../core/definition/runner.ts'
import type { FlowSpan } from '../../core/history/flow.ts'
import { flowSum } from '../../core/history/flow.ts'
import { stockFrom } from '../../core/history/stock.ts'
import type { Control } from '../../core/records/control.ts'
import { stockKey } from '../../core/records/keys.ts'
import { pauseOf, queueVersionOf } from '../../core/records/pause.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import type { QueueDepth } from '../../ports/job-queue.ts'
import { countsOf, type QueueCounts } from './counts.ts'
import { queuesKnown, readControl } from './lanes.ts'
import { figuresOf, type Quantiles, spansOf } from './stats.ts'

export interface QueueView {
  readonly name: string
  /** As the deployed code says; absent for a queue that is gone. */
  readonly policy?: QueuePolicy
  /** Absent: it is not paused. */
  readonly paused?: { readonly at: string; readonly by?: string; readonly why?: string; readonly until?: string }
  /** As SQS estimates them; absent where it does not answer, or where the queue is gone. */
  readonly messages?: QueueDepth
  /** As the recorder counted them. */
  readonly jobs: Pick<QueueCounts, 'states' | 'types' | 'asOf'>
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

/** Costs about 4 read units and a request to SQS a queue. @throws Unavailable */
export async function listQueues(deps: Deps): Promise<readonly QueueView[]> {
  const control = await readControl(deps)
  const queues = queuesKnown(deps.runner, control)
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
  const [[record], spans, messages] = await Promise.all([
    deps.records.get([stockKey(name)]),
    recentSpans(deps, name),
    depthOf(deps, name),
  ])
  const { queue: _, ...jobs } = countsOf(name, stockFrom(record))
  const { wait, run, enqueued, started, completed, failed } = figuresOf(flowSum(flowsIn(spans)))
  return {
    name,
    ...(Object.hasOwn(deps.runner.queues, name) ? { policy: queuePolicyOf(deps.runner, name) } : {}),
    ...pausedIn(control, name, deps.clock.now()),
    ...(messages === undefined ? {} : { messages }),
    jobs,
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

const flowsIn = (spans: readonly FlowSpan[]) => spans.flatMap(({ types }) => [...types.values()])

/** The five minutes before this one, which is not over. */
function recentSpans(deps: Pick<Deps, 'records' | 'clock'>, queue: string): Promise<readonly FlowSpan[]> {
  const thisMinute = Math.floor(deps.clock.now() / minuteMs) * minuteMs
  return spansOf(deps, queue, { step: 'minute', since: thisMinute - rateMinutes * minuteMs, until: thisMinute - 1 })
}

/** Starts a minute, of the last five; undefined without a recorder. */
export async function startRate(deps: Pick<Deps, 'records' | 'clock'>, queue: string): Promise<number | undefined> {
  const spans = await recentSpans(deps, queue)
  return spans.length === 0 ? undefined : flowSum(flowsIn(spans)).started / rateMinutes
}

/** An estimate that does not come spoils no answer. */
async function depthOf({ queue }: Pick<Deps, 'queue'>, name: string): Promise<QueueDepth | undefined> {
  try {
    return await queue.depth(name)
  } catch {
    return undefined
  }
}

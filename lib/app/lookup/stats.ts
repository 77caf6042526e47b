/** What happened, minute by minute or hour by hour: totals, rates, and how long waits and runs took. */

import { type Histogram, quantileOf } from '../../core/history/counters.ts'
import { type Flow, type FlowCount, type FlowSpan, flowCounts, flowFrom, flowSum } from '../../core/history/flow.ts'
import { hourKey, minuteKey } from '../../core/records/keys.ts'
import { objectIn, oneOf, refuseUnknownKeys } from '../../core/values/check-options.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { formatInstant, instantOf } from '../../core/values/instant.ts'
import { groupBy } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkQueue, queuesKnown, readControl } from './lanes.ts'
import { readParts } from './read-parts.ts'

export interface StatsOptions {
  /** @default all queues */
  readonly queue?: string
  readonly type?: string
  /** A Date or ISO 8601 text with a zone. @default an hour ago; with `hour`, a day ago */
  readonly from?: string | Date
  /** @default now */
  readonly to?: string | Date
  /** Minutes are kept for 48 hours, hours for 400 days. @default 'minute' */
  readonly step?: 'minute' | 'hour'
  /** `queue`: the answer has the depths of each queue in addition. @default only the sum */
  readonly by?: 'queue'
}

/** In milliseconds, off by 20 % at most in the middle of a distribution; absent where nothing was measured. */
export interface Quantiles {
  readonly p50?: number
  readonly p95?: number
  readonly p99?: number
}

export interface Figures extends Readonly<Record<FlowCount, number>> {
  /** From the time that a job was due to its start. */
  readonly wait: Quantiles
  readonly run: Quantiles
  /** Of all runs together, in milliseconds. */
  readonly runMs: number
}

export interface StatsSpan extends Figures {
  readonly startsAt: string
  /** Jobs that waited, and jobs that were FAILED, at its end: in all queues asked for, of all types. */
  readonly waiting: number
  readonly failedJobs: number
}

/** How full a queue was, at the ends of spans in which something happened. */
export interface QueueDepths {
  readonly name: string
  readonly spans: readonly Pick<StatsSpan, 'startsAt' | 'waiting' | 'failedJobs'>[]
}

export interface Stats {
  /** Spans in which something happened, the earliest first. */
  readonly spans: readonly StatsSpan[]
  readonly total: Figures
  /** With `by: 'queue'`. */
  readonly queues?: readonly QueueDepths[]
  readonly from: string
  readonly to: string
  readonly step: 'minute' | 'hour'
}

const lengths = { minute: 60_000, hour: 3_600_000 } as const
/** A day of minutes, or two months of hours. */
const maxSpans = 1_500
const defaultSpans = { minute: 60, hour: 24 } as const

/**
 * Counts are exact up to a few seconds ago; quantiles are interpolated within buckets that double. A span costs about a
 * read unit for 2 KB, and half of one at least.
 * @throws InvalidInput for an option out of its range; Unavailable
 */
export async function readStats(deps: Deps, options: StatsOptions = {}): Promise<Stats> {
  const { queue, type, step, by, since, until } = checked(options, deps.clock.now())
  const control = await readControl(deps)
  if (queue !== undefined) checkQueue(deps.runner, control, queue)
  const queues = queue === undefined ? queuesKnown(deps.runner, control) : [queue]
  const all = await Promise.all(
    queues.map(async name => ({ name, spans: await spansOf(deps, name, { step, since, until }) })),
  )
  const everySpan = all.flatMap(({ spans: some }) => some)
  const byStart = groupBy(everySpan, ({ startsAt = 0 }) => startsAt)
  const flowsIn = (spans: readonly FlowSpan[]): readonly Flow[] =>
    spans.flatMap(({ types }) =>
      [...types].flatMap(([name, flow]) => (type === undefined || name === type ? [flow] : [])),
    )
  const spans = [...byStart].toSorted(([a], [b]) => a - b)
  return {
    spans: spans.map(([startsAt, some]) => ({
      startsAt: formatInstant(startsAt),
      ...figuresOf(flowSum(flowsIn(some))),
      ...depthOf(some),
    })),
    total: figuresOf(flowSum(flowsIn(everySpan))),
    ...(by === undefined ? {} : { queues: all.map(depthsOf) }),
    from: formatInstant(since),
    to: formatInstant(until),
    step,
  }
}

const depthOf = (spans: readonly FlowSpan[]): Pick<StatsSpan, 'waiting' | 'failedJobs'> => ({
  waiting: spans.reduce((sum, { waiting = 0 }) => sum + waiting, 0),
  failedJobs: spans.reduce((sum, { failed = 0 }) => sum + failed, 0),
})

const depthsOf = ({ name, spans }: { readonly name: string; readonly spans: readonly FlowSpan[] }): QueueDepths => ({
  name,
  spans: spans.map(one => ({ startsAt: formatInstant(one.startsAt ?? 0), ...depthOf([one]) })),
})

/** The minutes or hours of a queue that are there, the earliest first. @throws Unavailable */
export async function spansOf(
  deps: Pick<Deps, 'records'>,
  queue: string,
  { step, since, until }: { readonly step: 'minute' | 'hour'; readonly since: number; readonly until: number },
): Promise<readonly FlowSpan[]> {
  const keyOf = step === 'minute' ? minuteKey : hourKey
  const { id, part } = keyOf(queue, Math.max(0, since - lengths[step]))
  const prefix = part.slice(0, 'm#'.length)
  const records = await readParts(deps, {
    id,
    prefix,
    after: part,
    until: keyOf(queue, until).part,
    most: maxSpans + 1,
  })
  return records.map(flowFrom).filter(({ startsAt }) => startsAt !== undefined)
}

/** What happened in a queue between two instants, by whole minutes. @throws Unavailable */
export async function flowsOf(
  deps: Pick<Deps, 'records'>,
  queue: string,
  { since, until }: { readonly since: number; readonly until: number },
): Promise<Flow> {
  const spans = await spansOf(deps, queue, { step: 'minute', since, until })
  return flowSum(spans.flatMap(({ types }) => [...types.values()]))
}

export function figuresOf({ wait, run, ...counts }: Flow): Figures {
  const sums = Object.fromEntries(flowCounts.map(name => [name, counts[name]])) as Record<FlowCount, number>
  return { ...sums, wait: quantilesOf(wait), run: quantilesOf(run), runMs: counts.runMs }
}

function quantilesOf(histogram: Histogram): Quantiles {
  const entries = ([50, 95, 99] as const).flatMap(percent => {
    const value = quantileOf(histogram, percent / 100)
    return value === undefined ? [] : [[`p${percent}`, Math.round(value)] as const]
  })
  return Object.fromEntries(entries)
}

function checked(options: StatsOptions, now: number) {
  objectIn('stats', options)
  refuseUnknownKeys('stats', options, ['queue', 'type', 'from', 'to', 'step', 'by'])
  const step = oneOf('step', options.step ?? 'minute', ['minute', 'hour'])
  const by = options.by === undefined ? undefined : oneOf('by', options.by, ['queue'])
  const until = bound('to', options.to, now)
  const since = bound('from', options.from, until - defaultSpans[step] * lengths[step])
  if (since > until) throw new InvalidInput('from', options.from, 'an instant that is not after `to`')
  if (until - since > maxSpans * lengths[step]) {
    throw new InvalidInput('from', options.from, `at most ${maxSpans} spans of one ${step} before \`to\``)
  }
  const { queue, type } = options
  return { queue, type, step, by, since, until }
}

function bound(field: string, value: unknown, fallback: number): number {
  const at = value === undefined ? fallback : instantOf(value)
  if (at === undefined || at < 0) {
    throw new InvalidInput(field, value, 'a Date or ISO 8601 text with a zone, such as 2027-01-01T00:00:00Z')
  }
  return at
}

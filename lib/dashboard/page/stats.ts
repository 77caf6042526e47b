/** Figures of the API as charts draw them: one value for each minute or hour, and none where nothing is known. */
import type { StatsShown } from './types.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** What the address may name, and what the API is asked for. */
export const ranges = {
  hour: { label: 'last hour', step: 'minute', a: 'a' },
  day: { label: '24 hours', step: 'hour', a: 'an' },
  week: { label: '7 days', step: 'hour', a: 'an' },
} as const
export type Range = keyof typeof ranges

const isRange = (name: string | null): name is Range => name !== null && Object.hasOwn(ranges, name)
export const rangeOf = (name: string | null): Range => (isRange(name) ? name : 'hour')

/** The same path within an hour, so that the page goes on with what it asks. */
export function statsPath(range: Range, now: number, queue?: string): string {
  const query = new URLSearchParams({ step: ranges[range].step })
  if (queue !== undefined) query.set('queue', queue)
  if (range === 'week') {
    query.set('from', new Date(Math.floor(now / hourMs) * hourMs - 7 * 24 * hourMs).toISOString())
  }
  return `/v1/stats?${query.toString()}`
}

/** Undefined: nothing was measured. */
type Measured = readonly (number | undefined)[]

export interface Series {
  /** Starts of minutes or hours, in milliseconds: each of them, the earliest first. */
  readonly times: readonly number[]
  readonly completed: readonly number[]
  readonly failed: readonly number[]
  readonly retried: readonly number[]
  /** Jobs that waited at the end; of a span in which nothing happened, as many as before it. */
  readonly waiting: readonly number[]
  readonly wait: Readonly<Record<Percentile, Measured>>
  readonly run: Readonly<Record<Percentile, Measured>>
}

export const percentiles = ['p50', 'p95', 'p99'] as const
export type Percentile = (typeof percentiles)[number]

export function seriesOf({ spans, from, to, step }: StatsShown): Series {
  const stepMs = step === 'minute' ? minuteMs : hourMs
  const first = Math.floor(Date.parse(from) / stepMs)
  const count = Math.max(1, Math.floor(Date.parse(to) / stepMs) - first + 1)
  const times = Array.from({ length: count }, (_, index) => (first + index) * stepMs)
  const byTime = new Map(spans.map(span => [Date.parse(span.startsAt), span]))
  const each = times.map(time => byTime.get(time))
  const quantiles = (name: 'wait' | 'run') => ({
    p50: each.map(span => span?.[name].p50),
    p95: each.map(span => span?.[name].p95),
    p99: each.map(span => span?.[name].p99),
  })
  return {
    times,
    completed: each.map(span => span?.completed ?? 0),
    failed: each.map(span => span?.failed ?? 0),
    retried: each.map(span => span?.retried ?? 0),
    waiting: carried(each.map(span => span?.waiting)),
    wait: quantiles('wait'),
    run: quantiles('run'),
  }
}

/** Where nothing is said, what was said last. */
export function carried(values: Measured): readonly number[] {
  let last = 0
  return values.map(value => {
    last = value ?? last
    return last
  })
}

/** The last 24 hours, one value each, of spans in which something happened. */
export function hourly(
  spans: readonly { readonly startsAt: string; readonly waiting: number }[],
  now: number,
): readonly number[] {
  const last = Math.floor(now / hourMs)
  const byHour = new Map(spans.map(({ startsAt, waiting }) => [Math.floor(Date.parse(startsAt) / hourMs), waiting]))
  return carried(Array.from({ length: 25 }, (_, index) => byHour.get(last - 24 + index)))
}

const round = (value: number): string => String(Math.round(value * 10) / 10)

/** Points of a line that fills a box from left to right; its greatest value touches the upper edge. */
export function sparkPoints(values: readonly number[], width: number, height: number): string {
  const most = Math.max(1, ...values)
  const stepX = width / Math.max(1, values.length - 1)
  return values
    .map((value, index) => `${round(index * stepX)},${round(1 + (height - 2) * (1 - value / most))}`)
    .join(' ')
}

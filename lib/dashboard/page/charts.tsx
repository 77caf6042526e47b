/** Charts with their legend and the same figures as a table, small lines for lists, and the choice of the range. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { span, whole } from './format.ts'
import { type Column, Table } from './parts.tsx'
import { place } from './place.ts'
import { draw, height, type Plotted, pointAt } from './plot.ts'
import { percentiles, type Range, rangeOf, ranges, type Series, sparkPoints } from './stats.ts'

export const currentRange = (): Range => rangeOf(place.value.searchParams.get('range'))

export function RangeLinks(): VNode {
  const current = currentRange()
  return (
    <nav class="acts ranges" aria-label="Time range">
      {Object.entries(ranges).map(([name, { label }]) => (
        <a
          key={name}
          href={name === 'hour' ? place.value.pathname : `?range=${name}`}
          aria-current={name === current ? 'true' : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
  )
}

interface ChartProps extends Plotted {
  readonly title: string
  /** The whole of it in a sentence, for those who do not see it. */
  readonly summary: string
}

const clockOf = (time: number | undefined): string =>
  time === undefined
    ? ''
    : new Date(time).toLocaleString('en', { weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false })

function Chart({ title, summary, ...plotted }: ChartProps): VNode {
  const [point, setPoint] = useState<number>()
  const { times, lines, textOf } = plotted
  const index = point ?? times.length - 1
  const said = (value: number | undefined): string => (value === undefined ? '–' : textOf(value))
  return (
    <figure class="card chart">
      <figcaption>
        <strong>{title}</strong> <span class="soft">{point === undefined ? 'now' : clockOf(times[index])}</span>
        {lines.map(({ label, values, colour }) => (
          <span key={label} class="key">
            <i class={colour.slice(2)} aria-hidden="true" /> {label} {said(values[index])}
          </span>
        ))}
      </figcaption>
      <Canvas plotted={plotted} summary={`${title}. ${summary}`} point={point} onPoint={setPoint} />
      <details>
        <summary class="soft">As a table</summary>
        <FigureTable title={title} {...plotted} />
      </details>
    </figure>
  )
}

function FigureTable({ title, times, lines, textOf }: Plotted & { readonly title: string }): VNode {
  const columns: readonly Column<number>[] = [
    { head: 'Time', cell: row => clockOf(times[row]) },
    ...lines.map(({ label, values }) => ({
      head: label,
      isNumber: true,
      cell: (row: number) => {
        const value = values[row]
        return value === undefined ? '–' : textOf(value)
      },
    })),
  ]
  // A minute in which nothing was measured says nothing.
  const rows = times.map((_, row) => row).filter(row => lines.some(({ values }) => (values[row] ?? 0) !== 0))
  return (
    <Table
      caption={`${title}, the latest first`}
      columns={columns}
      rows={rows.toReversed()}
      keyOf={String}
      empty="Nothing happened."
    />
  )
}

interface CanvasProps {
  readonly plotted: Plotted
  readonly summary: string
  readonly point: number | undefined
  readonly onPoint: (index: number | undefined) => void
}

/** Drawn again with each figure, each width, and each scheme: colours are read when it is drawn. */
function Canvas({ plotted, summary, point, onPoint }: CanvasProps): VNode {
  const where = useRef<HTMLCanvasElement>(null)
  const again = useRef(() => {})
  again.current = () => {
    if (where.current !== null) draw(where.current, plotted, point)
  }
  useEffect(() => again.current())
  useEffect(() => {
    const redraw = (): void => again.current()
    const scheme = window.matchMedia('(prefers-color-scheme: dark)')
    const resized = new ResizeObserver(redraw)
    if (where.current !== null) resized.observe(where.current)
    scheme.addEventListener('change', redraw)
    return () => {
      resized.disconnect()
      scheme.removeEventListener('change', redraw)
    }
  }, [])
  return (
    <canvas
      ref={where}
      height={height}
      role="img"
      aria-label={summary}
      onPointerMove={event => onPoint(pointAt(event.currentTarget, plotted, event.offsetX))}
      onPointerLeave={() => onPoint(undefined)}
    />
  )
}

const sum = (values: readonly number[]): number => values.reduce((before, value) => before + value, 0)

interface OfSeries {
  readonly series: Series
  readonly range: Range
}

/** Failures stand on top of what completed; the last minute is striped. */
export function Throughput({ series, range }: OfSeries): VNode {
  const { times, completed, failed } = series
  const { step: each, a } = ranges[range]
  const all = completed.map((value, index) => value + (failed[index] ?? 0))
  return (
    <Chart
      title={`Ended ${a} ${each}`}
      summary={`${whole(sum(completed))} completed and ${whole(sum(failed))} failed; at most ${whole(Math.max(...all))} ${a} ${each}. The last ${each} is not over.`}
      times={times}
      lines={[
        { label: 'failed', values: failed, colour: '--bad', isBar: true, on: completed },
        { label: 'completed', values: completed, colour: '--good', isBar: true },
      ]}
      textOf={value => whole(Math.round(value))}
    />
  )
}

export function Depth({ series }: OfSeries): VNode {
  const { times, waiting } = series
  return (
    <Chart
      title="Depth"
      summary={`${whole(waiting.at(-1))} jobs wait, are scheduled or will be retried; at most ${whole(Math.max(...waiting))}.`}
      times={times}
      lines={[{ label: 'waiting, scheduled, retry', values: waiting, colour: '--link' }]}
      textOf={value => whole(Math.round(value))}
    />
  )
}

const tones = { p50: '--good', p95: '--warn', p99: '--bad' } as const

export function Latency({ series, of }: OfSeries & { readonly of: 'wait' | 'run' }): VNode {
  const most = (one: (typeof percentiles)[number]): string => {
    const known = series[of][one].filter(value => value !== undefined)
    return known.length === 0 ? 'not measured' : span(Math.max(...known))
  }
  return (
    <Chart
      title={of === 'wait' ? 'Wait for a start' : 'Run'}
      summary={`On a logarithmic axis. At most: ${percentiles.map(one => `${one} ${most(one)}`).join(', ')}.`}
      times={series.times}
      lines={percentiles.map(one => ({ label: one, values: series[of][one], colour: tones[one] }))}
      isLog
      textOf={span}
    />
  )
}

const [sparkWidth, sparkHeight] = [96, 20]

/** Depth of a queue in 24 hours, as a small line. */
export function Spark({ values }: { readonly values: readonly number[] | undefined }): VNode {
  if (values === undefined) return <>–</>
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${sparkWidth} ${sparkHeight}`}
      width={sparkWidth}
      height={sparkHeight}
      role="img"
      aria-label={`depth ${whole(values.at(-1))} now, at most ${whole(Math.max(...values))} in 24 hours`}
    >
      <polyline points={sparkPoints(values, sparkWidth, sparkHeight)} />
    </svg>
  )
}

/** One chart on a canvas. A file of its own, with uPlot: pages without a chart do not load it. */
import uPlot from 'uplot'

export interface Line {
  readonly label: string
  readonly values: readonly (number | undefined)[]
  /** A variable of the style sheet, such as `--good`. */
  readonly colour: string
  /** Bars from the axis up; those of later lines stand in front. @default a line */
  readonly isBar?: boolean
  /** What its bars stand on: drawn behind that. @default the axis */
  readonly on?: readonly number[]
}

export interface Plotted {
  /** Starts of minutes or hours, in milliseconds. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  /** Tens, hundreds, thousands at equal distances: for spans of time. @default false */
  readonly isLog?: boolean
  readonly textOf: (value: number) => string
}

export interface Plot {
  show(plotted: Plotted): void
  resize(width: number): void
  destroy(): void
}

const height = 150
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- uPlot's enum has types alone
const logarithmic: uPlot.Scale.Distr.Logarithmic = 3

/** @param onPoint which minute the pointer is at; undefined when it is at none */
export function draw(where: HTMLElement, plotted: Plotted, onPoint: (index: number | undefined) => void): Plot {
  const made = new uPlot(options(where, plotted, onPoint), dataOf(plotted), where)
  return {
    show: next => made.setData(dataOf(next)),
    resize: width => made.setSize({ width, height }),
    destroy: () => made.destroy(),
  }
}

const dataOf = ({ times, lines, isLog }: Plotted): uPlot.AlignedData => [
  times.map(time => time / 1_000),
  ...lines.map(({ values, on }) =>
    values.map((value, index) => {
      if (value === undefined) return null
      // A log axis has no zero.
      return isLog === true ? Math.max(1, value) : value + (on?.[index] ?? 0)
    }),
  ),
]

function options(
  where: HTMLElement,
  { lines, isLog = false, textOf }: Plotted,
  onPoint: (index: number | undefined) => void,
): uPlot.Options {
  const colour = (name: string): string => colourIn(where, name)
  const [soft, line, card] = [colour('--soft'), colour('--line'), colour('--card')]
  const axis: uPlot.Axis = {
    stroke: soft,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  const bars = lines.some(({ isBar }) => isBar === true)
  return {
    width: where.clientWidth,
    height,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: !bars } },
    scales: {
      x: { time: true, range: wholeSpans },
      y: isLog ? { distr: logarithmic, range: decades } : { range: fromZero },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 60, size: 26, values: clock },
      {
        ...axis,
        size: 56,
        ...(isLog ? { splits: tens } : {}),
        values: (_, splits) => splits.map(value => (value === null ? '' : textOf(value))),
      },
    ],
    series: [{}, ...lines.map(one => seriesOf(one, { stroke: colour(one.colour), isDotted: isLog }))],
    hooks: {
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)],
      draw: bars ? [plot => hatchLast(plot, card)] : [],
    },
  }
}

/** Of a variable, as it is now: a canvas knows neither variables nor schemes. */
function colourIn(where: HTMLElement, name: string): string {
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  where.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** Dots, since a minute that was measured may stand alone. */
function seriesOf({ label, isBar }: Line, { stroke, isDotted }: { stroke: string; isDotted: boolean }): uPlot.Series {
  if (isBar !== true) return { label, stroke, width: 1.5, points: { show: isDotted, size: 4, fill: stroke } }
  const paths = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 })
  return { label, stroke, fill: stroke, width: 0, points: { show: false }, ...(paths === undefined ? {} : { paths }) }
}

/** Up to the end of the last minute or hour. */
const wholeSpans: uPlot.Range.Function = ({ data: [times] }, least, most) => [
  least,
  most + (times.length > 1 ? (times[1] ?? 0) - (times[0] ?? 0) : 60),
]
const fromZero: uPlot.Range.Function = (_, __, most) => [0, Math.max(1, (most ?? 0) * 1.1)]
const decades: uPlot.Range.Function = (_, least, most) => [
  10 ** Math.floor(Math.log10(Math.max(1, least ?? 1))),
  10 ** Math.max(1, Math.ceil(Math.log10(Math.max(1, most ?? 1)) + 0.01)),
]

const tens = (_: uPlot, __: number, least: number, most: number): number[] => {
  const first = Math.round(Math.log10(least))
  return Array.from({ length: Math.round(Math.log10(most)) - first + 1 }, (___, index) => 10 ** (first + index))
}

const two = (value: number): string => String(value).padStart(2, '0')

/** Time of the reader's clock; at midnight the day. */
function clock(_: uPlot, splits: readonly number[]): string[] {
  return splits.map(seconds => {
    const at = new Date(seconds * 1_000)
    const isMidnight = at.getHours() === 0 && at.getMinutes() === 0
    return isMidnight
      ? at.toLocaleDateString('en', { day: 'numeric', month: 'short' })
      : `${two(at.getHours())}:${two(at.getMinutes())}`
  })
}

/** Stripes over the last bar: its minute is not over. */
function hatchLast(plot: uPlot, card: string): void {
  const { ctx, data, bbox } = plot
  const times = data[0]
  const [from, to] = [times.at(-1), times.at(-2)]
  if (from === undefined || to === undefined) return
  const left = plot.valToPos(from, 'x', true)
  const width = left - plot.valToPos(to, 'x', true)
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, bbox.top, width, bbox.height)
  ctx.clip()
  ctx.strokeStyle = card
  ctx.lineWidth = 2
  ctx.beginPath()
  for (let x = left - bbox.height; x < left + width; x += 6) {
    ctx.moveTo(x, bbox.top + bbox.height)
    ctx.lineTo(x + bbox.height, bbox.top)
  }
  ctx.stroke()
  ctx.restore()
}

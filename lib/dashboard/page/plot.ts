/** One chart on a canvas: bars or lines over time, on an axis from zero or of tens. */
import { niceStep, tens, timeTicks } from './ticks.ts'

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

/** Of the drawing, in pixels of the style sheet. The left margin holds the words of the axis. */
const [left, right, top, bottom] = [56, 8, 10, 22]
export const height = 150

interface Frame {
  readonly context: CanvasRenderingContext2D
  readonly width: number
  readonly plotted: Plotted
  /** Of a value, and of a place in time. */
  readonly y: (value: number) => number
  readonly x: (index: number) => number
  readonly ticks: readonly number[]
  /** As it is now: a canvas knows neither variables nor schemes. */
  readonly colour: (name: string) => string
}

/** Draws all of it again. @param point which minute is marked */
export function draw(canvas: HTMLCanvasElement, plotted: Plotted, point: number | undefined): void {
  const context = canvas.getContext('2d')
  const width = canvas.clientWidth
  if (context === null || width === 0) return
  const ratio = window.devicePixelRatio
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  context.scale(ratio, ratio)
  context.font = '11px system-ui, sans-serif'
  const frame = frameOf(canvas, context, plotted)
  drawAxes(frame)
  for (const line of plotted.lines) {
    if (line.isBar === true) drawBars(frame, line)
    else drawLine(frame, line)
  }
  if (plotted.lines.some(({ isBar }) => isBar === true)) stripeLast(frame)
  if (point === undefined) return
  context.strokeStyle = frame.colour('--soft')
  stroke(context, [
    [frame.x(point + 0.5), top],
    [frame.x(point + 0.5), height - bottom],
  ])
}

/** Which minute is below the pointer. */
export function pointAt(canvas: HTMLCanvasElement, { times }: Plotted, offsetX: number): number | undefined {
  const index = Math.floor(((offsetX - left) / (canvas.clientWidth - left - right)) * times.length)
  return index >= 0 && index < times.length ? index : undefined
}

function frameOf(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, plotted: Plotted): Frame {
  const { times, lines, isLog = false } = plotted
  const width = canvas.clientWidth
  const all = lines.flatMap(({ values, on }) =>
    values.flatMap((value, index) => (value === undefined ? [] : [value + (on?.[index] ?? 0)])),
  )
  const [step, most] = niceStep(Math.max(1, ...all))
  const ticks = isLog ? tens(all) : Array.from({ length: Math.round(most / step) + 1 }, (_, index) => index * step)
  const scaled = (value: number): number => (isLog ? Math.log10(Math.max(1, value)) : value)
  const [from, to] = [scaled(ticks[0] ?? 0), scaled(ticks.at(-1) ?? 1)]
  const style = getComputedStyle(canvas)
  return {
    context,
    width,
    plotted,
    ticks,
    y: value => height - bottom - ((scaled(value) - from) / (to - from)) * (height - bottom - top),
    x: index => left + (index / times.length) * (width - left - right),
    colour: name => {
      canvas.style.color = `var(${name})`
      const { color } = style
      canvas.style.removeProperty('color')
      return color
    },
  }
}

function stroke(context: CanvasRenderingContext2D, points: readonly (readonly [x: number, y: number])[]): void {
  context.beginPath()
  for (const [x, y] of points) context.lineTo(x, y)
  context.stroke()
}

function drawAxes({ context, width, plotted: { times, textOf }, ticks, x, y, colour }: Frame): void {
  context.strokeStyle = colour('--line')
  context.fillStyle = colour('--soft')
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  for (const tick of ticks) {
    const at = Math.round(y(tick)) + 0.5
    stroke(context, [
      [left, at],
      [width - right, at],
    ])
    context.fillText(textOf(tick), left - 6, at)
  }
  context.textAlign = 'center'
  context.textBaseline = 'alphabetic'
  for (const { index, text } of timeTicks(times, Math.max(2, Math.floor((width - left) / 80)))) {
    context.fillText(text, Math.min(x(index), width - right - 14), height - 6)
  }
}

function drawBars({ context, plotted: { times }, x, y, colour }: Frame, { values, on, colour: name }: Line): void {
  context.fillStyle = colour(name)
  const width = Math.max(1, (x(1) - x(0)) * (times.length > 100 ? 1 : 0.8))
  for (const [index, value = 0] of values.entries()) {
    if (value === 0) continue
    const upper = y(value + (on?.[index] ?? 0))
    // One of many is still seen.
    context.fillRect(x(index), Math.min(upper, y(0) - 1), width, Math.max(1, y(0) - upper))
  }
}

/** Where nothing was measured the line breaks; a minute that was measured alone is a dot. */
function drawLine({ context, plotted: { isLog }, x, y, colour }: Frame, { values, colour: name }: Line): void {
  context.strokeStyle = context.fillStyle = colour(name)
  context.lineWidth = 1.5
  context.beginPath()
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue
    const [atX, atY] = [x(index + 0.5), y(value)]
    if (values[index - 1] === undefined) context.moveTo(atX, atY)
    context.lineTo(atX, atY)
    if (isLog === true) context.fillRect(atX - 2, atY - 2, 4, 4)
  }
  context.stroke()
  context.lineWidth = 1
}

/** The last minute is not over. */
function stripeLast({ context, plotted: { times }, x, colour }: Frame): void {
  const [from, to] = [x(times.length - 1), x(times.length)]
  const long = height - bottom - top
  context.save()
  context.beginPath()
  context.rect(from, top, to - from, long - 1)
  context.clip()
  context.strokeStyle = colour('--card')
  context.lineWidth = 2
  for (let at = from - long; at < to; at += 6) {
    stroke(context, [
      [at, height - bottom],
      [at + long, top],
    ])
  }
  context.restore()
}

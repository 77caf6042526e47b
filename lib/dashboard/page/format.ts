/** Figures and times as people read them. */

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** `80 ms`, `1.2 s`, `6 min`. */
export function span(ms: number | undefined): string {
  if (ms === undefined) return '–'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const [name, size] = units.find(([, least]) => ms >= least) ?? units[3]
  const value = ms / size
  if (value < 10 && name === 's') return `${value.toFixed(1)} s`
  // Of a few days the rest of one is much.
  if (value < 10 && name === 'd') return `${Number(value.toFixed(1))} d`
  return `${Math.floor(value)} ${name}`
}

/** `2 min ago`, `in 4 min`. */
export function relative(instant: string | undefined, now: number): string {
  if (instant === undefined) return '–'
  const ms = Date.parse(instant) - now
  return ms > 0 ? `in ${span(ms)}` : `${span(-ms)} ago`
}

/** How long it has been so: `4 min`. */
export const elapsed = (since: string, now: number): string => span(Math.max(0, now - Date.parse(since)))

/** Starts that count: a rest, a snooze, and going on in a later run cost no attempt. */
export const charged = ({ attempt, snoozes }: { readonly attempt: number; readonly snoozes: number }): number =>
  attempt - snoozes

export const whole = (count: number | undefined): string => (count ?? 0).toLocaleString('en')

/** What a terminal or an eye takes for something else: control characters, and marks that turn the direction. */
const hidden = /[\p{Cc}\p{Bidi_Control}]/gu

/** Text of a job, of a bounded length: its control characters show as their numbers. */
export function shown(value: unknown, maxLength = 20_000): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, undefined, 2) ?? '–')
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}… (${whole(text.length)} characters)` : text
  return cut.replace(hidden, one =>
    one === '\n' || one === '\t' ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

import ms from 'ms'
import { InvalidInput } from './errors.ts'

/** A length of time as text: `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'7d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** How the text of a duration looks. */
export const durationForm = /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/
export const durationRule = "a duration such as '30s', '5m' or '2h' (units ms, s, m, h, d)"

/**
 * Milliseconds of a duration. Bare numbers are refused: nobody can tell their unit.
 * @throws InvalidInput when the text is no duration, or outside [minMs, maxMs]
 */
export function durationMs(field: string, value: unknown, minMs: number, maxMs: number): number {
  const parsed =
    typeof value === 'string' && durationForm.test(value) ? Math.round(ms(value as ms.StringValue)) : undefined
  if (parsed === undefined) {
    throw new InvalidInput(field, value, durationRule)
  }
  return millisecondsIn(field, parsed, minMs, maxMs, value)
}

/** A whole number of milliseconds within its range. @throws InvalidInput */
export function millisecondsIn(
  field: string,
  value: unknown,
  minMs: number,
  maxMs: number,
  shown: unknown = value,
): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < minMs || value > maxMs) {
    throw new InvalidInput(field, shown, `${formatMs(minMs)} to ${formatMs(maxMs)}`)
  }
  return Math.round(value)
}

/** The shortest exact text for a number of milliseconds: 90000 is `'90s'`, 3600000 is `'1h'`. */
export function formatMs(milliseconds: number): Duration {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const) {
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`
  }
  return `${milliseconds}ms`
}

/** A length of time as people say it: `4 ms`, `1.2 s`, `12 s`, `5 min`, `3 h`. */
export function spokenMs(milliseconds: number): string {
  const length = Math.max(0, milliseconds)
  if (length < 999.5) return `${Math.round(length)} ms`
  if (length < 9_950) return `${(length / 1_000).toFixed(1).replace(/\.0$/, '')} s`
  if (length < 99_500) return `${Math.round(length / 1_000)} s`
  if (length < 99.5 * 60_000) return `${Math.round(length / 60_000)} min`
  return `${Math.round(length / 3_600_000)} h`
}

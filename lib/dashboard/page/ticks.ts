/** Where the axes of a chart have their marks. */

/** Steps of 1, 2 or 5 and its tens: whole ones, at most five of them. */
export function niceStep(most: number): readonly [step: number, most: number] {
  const least = Math.max(1, most / 4)
  const ten = 10 ** Math.floor(Math.log10(least))
  const step = ([1, 2, 5].find(one => one * ten >= least) ?? 10) * ten
  return [step, Math.ceil(most / step) * step]
}

/** 1, 10, 100: all between which the values lie, and two at least. */
export function tens(values: readonly number[]): readonly number[] {
  const known = values.length === 0 ? [1] : values.map(value => Math.max(1, value))
  const first = Math.floor(Math.log10(Math.min(...known)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...known))))
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
}

const minutes = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880]
const two = (value: number): string => String(value).padStart(2, '0')

/**
 * Round times of the reader's clock, and at midnight the day.
 * @param times starts of minutes or hours, in milliseconds
 * @param most so many at most
 */
export function timeTicks(
  times: readonly number[],
  most: number,
): readonly { readonly index: number; readonly text: string }[] {
  const long = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 60_000
  const every = minutes.find(one => long / one <= most) ?? long
  return times.flatMap((time, index) => {
    const at = new Date(time)
    const [hour, minute] = [at.getHours(), at.getMinutes()]
    const days = Math.round((time - at.getTimezoneOffset() * 60_000) / 86_400_000)
    const isDay = hour === 0 && minute === 0
    if (every > 1_440 ? !isDay || days % 2 !== 0 : (hour * 60 + minute) % every !== 0) return []
    const text = isDay ? at.toLocaleDateString('en', { day: 'numeric', month: 'short' }) : `${two(hour)}:${two(minute)}`
    return [{ index, text }]
  })
}

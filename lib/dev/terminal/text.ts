import { styleText } from 'node:util'

/** Text from anywhere, safe to print: control and formatting characters could forge lines or rewrite the screen. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')

/** As `plain`, and no longer than a line can bear. */
export function clipped(text: string, maxLength: number): string {
  const line = plain(text)
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}

/** `12:00:01.123`, in local time. */
export function clockTime(epochMs: number): string {
  const date = new Date(epochMs)
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`
}

const two = (value: number): string => String(value).padStart(2, '0')

/** A length of time as people say it: `4 ms`, `1.2 s`, `12 s`, `5 min`, `3 h`. */
export function spokenMs(milliseconds: number): string {
  const ms = Math.max(0, milliseconds)
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s`
  if (ms < 99_500) return `${Math.round(ms / 1_000)} s`
  if (ms < 99.5 * 60_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}

/** A wait that began a moment ago: to the second, but for the shortest. */
export const spokenWaitMs = (milliseconds: number): string =>
  spokenMs(milliseconds < 500 ? milliseconds : Math.round(milliseconds / 1_000) * 1_000)

export type Tone = Parameters<typeof styleText>[0]

/** Coloured where the output is a terminal that wants it (NO_COLOR is respected). */
export const toned = (tone: Tone, text: string): string => styleText(tone, text, { stream: process.stdout })

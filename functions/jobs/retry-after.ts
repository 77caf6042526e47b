/** No receiver may put off its deliveries further than this. */
const maxDelayMs = 24 * 3_600_000
/** The two forms of an HTTP date that name their zone (RFC 9110, 5.6.7); the third is read as local time. */
const httpDate = /^[A-Z][a-z]+, .+ GMT$/

/**
 * How long a `Retry-After` header asks to wait: seconds, or an HTTP date.
 * @returns milliseconds from 0 to 24 h, clamped; undefined when the header is absent or cannot be read
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1_000 : httpDate.test(text) ? Date.parse(text) - now : Number.NaN
  return Number.isNaN(delayMs) ? undefined : Math.min(maxDelayMs, Math.max(0, delayMs))
}

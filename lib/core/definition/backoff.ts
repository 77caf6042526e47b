import { type Duration, durationMs } from '../values/duration.ts'
import { maxAheadMs } from '../values/times.ts'

/**
 * How long to wait before the next attempt. `n` is the number of failures so far (1 for the first retry).
 *
 * - `exponential`: full jitter over base × factor^(n−1), at most cap. The default: base 15 s, factor 2, cap 1 h
 * - `linear`: step × n, no jitter
 * - `polynomial`: n⁴ + 15 s, plus up to 30 s × (n + 1) of jitter, at most cap
 * - `fixed`: always the same delay
 * - a function of n and a random fraction in [0, 1)
 */
export type Backoff =
  | { readonly kind: 'exponential'; readonly baseMs: number; readonly factor: number; readonly capMs: number }
  | { readonly kind: 'linear'; readonly stepMs: number; readonly capMs: number }
  | { readonly kind: 'polynomial'; readonly capMs: number }
  | { readonly kind: 'fixed'; readonly delayMs: number }
  | { readonly kind: 'custom'; readonly delay: (n: number, fraction: number) => Duration | number }

/** Milliseconds until the next attempt: finite and within [0, cap] for every n, however large. */
export function backoffMs(backoff: Backoff, n: number, fraction: number): number {
  const failures = Math.max(1, Math.floor(n))
  switch (backoff.kind) {
    case 'exponential':
      return Math.round(fraction * Math.min(backoff.capMs, backoff.baseMs * backoff.factor ** (failures - 1)))
    case 'linear':
      return Math.min(backoff.capMs, backoff.stepMs * failures)
    case 'polynomial': {
      const jitterMs = fraction * 30_000 * (failures + 1)
      return Math.round(Math.min(backoff.capMs, (failures ** 4 + 15) * 1_000 + jitterMs))
    }
    case 'fixed':
      return backoff.delayMs
    case 'custom':
      return customMs(backoff.delay, failures, fraction)
  }
}

/** A user's function may throw or return nonsense; the job must be retried all the same. */
function customMs(delay: (n: number, fraction: number) => Duration | number, n: number, fraction: number): number {
  try {
    const value = delay(n, fraction)
    const delayMs = typeof value === 'number' ? value : durationMs('backoff', value, 0, maxAheadMs)
    if (Number.isFinite(delayMs)) return Math.min(maxAheadMs, Math.max(0, Math.round(delayMs)))
  } catch {
    // Falls through to the wait below.
  }
  return fallbackMs
}

/** What a broken backoff function waits. */
const fallbackMs = 60_000

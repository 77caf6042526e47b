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

/**
 * A delay that an item can hold: finite, whole milliseconds, from 0 to ten years. Every delay of a retry or a snooze
 * passes here, wherever it comes from: an item without a time would wait without end.
 */
export function boundedDelayMs(delayMs: number): number {
  return Number.isFinite(delayMs) ? Math.min(maxAheadMs, Math.max(0, Math.round(delayMs))) : fallbackMs
}

/** Milliseconds until the next attempt: finite and within [0, cap] for every n, however large. */
export function backoffMs(backoff: Backoff, n: number, fraction: number): number {
  // 1,000,000 failures exceed what a job can have; a power beyond that is infinite, and 0 times infinity is no number.
  const failures = Math.min(1_000_000, Math.max(1, Math.floor(n) || 1))
  return boundedDelayMs(delayOf(backoff, failures, fraction))
}

function delayOf(backoff: Backoff, failures: number, fraction: number): number {
  switch (backoff.kind) {
    case 'exponential': {
      const factor = Math.min(backoff.factor ** (failures - 1), Number.MAX_VALUE)
      return fraction * Math.min(backoff.capMs, backoff.baseMs * factor)
    }
    case 'linear':
      return Math.min(backoff.capMs, backoff.stepMs * failures)
    case 'polynomial': {
      const jitterMs = fraction * 30_000 * (failures + 1)
      return Math.min(backoff.capMs, (failures ** 4 + 15) * 1_000 + jitterMs)
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
    return typeof value === 'number' ? value : durationMs('backoff', value, 0, maxAheadMs)
  } catch {
    return fallbackMs
  }
}

/** How long a job waits whose delay is no number. */
const fallbackMs = 60_000

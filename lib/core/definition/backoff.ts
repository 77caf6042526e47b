import { refuseUnknownKeys } from '../values/check-options.ts'
import { type Duration, durationMs } from '../values/duration.ts'
import { InvalidInput } from '../values/errors.ts'
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

/**
 * How a backoff is written in a definition; durations are text such as '15s', from '0s' to '3650d'. `n` is the number of
 * failures so far.
 *
 * - `exponential`: a random part of base × factor^(n−1), at most cap. Base '15s', factor 2 (1 to 100), cap '1h'
 * - `linear`: step × n, at most cap. Step '30s', cap '1d'
 * - `polynomial`: n⁴ + 15 s, plus up to 30 s × (n + 1) at random, at most cap. Cap '30d'
 * - `fixed`: always the same delay
 * - a function of n and a random fraction in [0, 1); a number is milliseconds. If it throws, the job waits a minute
 *
 * @example { kind: 'exponential', base: '10s', cap: '1h' }
 */
export type BackoffOption =
  | { readonly kind: 'exponential'; readonly base?: Duration; readonly factor?: number; readonly cap?: Duration }
  | { readonly kind: 'linear'; readonly step?: Duration; readonly cap?: Duration }
  | { readonly kind: 'polynomial'; readonly cap?: Duration }
  | { readonly kind: 'fixed'; readonly delay: Duration }
  | ((n: number, fraction: number) => Duration | number)

/** What each kind of backoff may say in addition to its kind. */
const backoffKeys = {
  exponential: ['base', 'factor', 'cap'],
  linear: ['step', 'cap'],
  polynomial: ['cap'],
  fixed: ['delay'],
} as const

/** @throws InvalidInput */
export function backoffFrom(field: string, option: BackoffOption): Backoff {
  if (typeof option === 'function') return { kind: 'custom', delay: option }
  const isKnown = typeof option === 'object' && option !== null && Object.hasOwn(backoffKeys, option.kind)
  if (!isKnown) {
    throw new InvalidInput(field, option, "kind 'exponential', 'linear', 'polynomial' or 'fixed', or a function")
  }
  refuseUnknownKeys(field, option, ['kind', ...backoffKeys[option.kind]])
  const length = (name: string, value: Duration | undefined, fallback: number) =>
    value === undefined ? fallback : durationMs(`${field}.${name}`, value, 0, maxAheadMs)
  switch (option.kind) {
    case 'exponential': {
      const { factor = 2 } = option
      if (!(typeof factor === 'number' && factor >= 1 && factor <= 100)) {
        throw new InvalidInput(`${field}.factor`, factor, '1 to 100')
      }
      const baseMs = length('base', option.base, 15_000)
      return { kind: 'exponential', baseMs, factor, capMs: length('cap', option.cap, 3_600_000) }
    }
    case 'linear': {
      const stepMs = length('step', option.step, 30_000)
      return { kind: 'linear', stepMs, capMs: length('cap', option.cap, 86_400_000) }
    }
    case 'polynomial':
      return { kind: 'polynomial', capMs: length('cap', option.cap, 30 * 86_400_000) }
    case 'fixed':
      return { kind: 'fixed', delayMs: durationMs(`${field}.delay`, option.delay, 0, maxAheadMs) }
  }
}

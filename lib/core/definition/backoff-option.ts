import { refuseUnknownKeys } from '../values/check-options.ts'
import { type Duration, durationMs } from '../values/duration.ts'
import { InvalidInput } from '../values/errors.ts'
import { maxAheadMs } from '../values/times.ts'
import type { Backoff } from './backoff.ts'

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

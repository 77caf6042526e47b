import { jobIdFromUniqueKey } from '../job/ids.ts'
import { objectIn, oneOf, refuseUnknownKeys, shortTextIn } from '../values/check-options.ts'
import { type Duration, durationMs } from '../values/duration.ts'
import { describedInput, InvalidInput, show } from '../values/errors.ts'
import { maxIdempotencyKeyLength } from '../values/times.ts'

const conflictActs = ['return', 'refuse', 'replace', 'again'] as const
/** What a second job with the same key does: see `UniqueOptions`. */
export type OnConflict = (typeof conflictActs)[number]

/** What became of a unique job that was asked for. */
export type UniqueAction = 'created' | 'existing' | 'replaced' | 'queuedBehind'

/** How a job is unique. Without `until` and `window` it is so until it has ended. */
export interface UniqueOptions {
  /** Jobs of one type with one key are the same job. 1 to 256 characters. @default what the contract's `key` gives */
  readonly key?: string
  /**
   * - `done`: until it has ended
   * - `started`: until its first run begins; a job that is enqueued during the run follows it, never beside it
   *
   * Not together with `window`. @default 'done'
   */
  readonly until?: 'done' | 'started'
  /** One job in each window of this length, counted from 1970 in UTC, ended or not. '1s' to '366d'. */
  readonly window?: Duration
  /**
   * While there is such a job:
   *
   * - `return`: nothing is written, and the answer is that job
   * - `refuse`: UniqueConflict
   * - `replace`: a job that has not started gets the new input, time and options
   * - `again`: behind a job that has started, one more follows, with the newest input. Not with `window`
   *
   * @default 'return'
   */
  readonly onConflict?: OnConflict
  /** With `replace`: the job is put off no longer than this after it was first enqueued. '1s' to '3650d'. @default no bound */
  readonly maxWait?: Duration
}

/** The same on a contract, for all its jobs. `key` gets the input as the handler does. */
export interface UniqueContract<Output> extends Omit<UniqueOptions, 'key'> {
  key(input: Output): string
}

/** What is asked of a contract here. */
interface Keyed {
  readonly type: string
  readonly unique?: UniqueContract<unknown>
}

/** The rule of one job. */
export interface UniqueRule {
  readonly key: string
  readonly scope: 'done' | 'started' | 'window'
  /** Of the job: the same for each job with this key, and in one window. */
  readonly id: string
  readonly onConflict: OnConflict
  readonly maxWaitMs?: number
}

const dayMs = 86_400_000
const maxWindowMs = 366 * dayMs
const maxWaitLimitMs = 3_650 * dayMs
const shared = ['until', 'window', 'onConflict', 'maxWait'] as const

/** Checks what does not depend on a job. @throws InvalidInput */
export function uniqueContractIn<Output>(field: string, given: UniqueContract<Output>): UniqueContract<Output> {
  objectIn(field, given)
  refuseUnknownKeys(field, given, ['key', ...shared])
  if (typeof given.key !== 'function') throw new InvalidInput(`${field}.key`, undefined, 'a function of the input')
  checkShared(field, given)
  return given
}

function checkShared(field: string, given: Omit<UniqueOptions, 'key'>) {
  const { until, window, onConflict = 'return', maxWait } = given
  if (until !== undefined && window !== undefined) {
    throw new InvalidInput(`${field}.window`, window, 'either until or window, not both')
  }
  if (until !== undefined) oneOf(`${field}.until`, until, ['done', 'started'])
  const windowMs = window === undefined ? undefined : durationMs(`${field}.window`, window, 1_000, maxWindowMs)
  oneOf(`${field}.onConflict`, onConflict, conflictActs)
  if (window !== undefined && onConflict === 'again') {
    throw new InvalidInput(`${field}.onConflict`, onConflict, "'return', 'refuse' or 'replace' with a window")
  }
  if (maxWait !== undefined && onConflict !== 'replace') {
    throw new InvalidInput(`${field}.maxWait`, maxWait, "only with onConflict: 'replace'")
  }
  const maxWaitMs = maxWait === undefined ? undefined : durationMs(`${field}.maxWait`, maxWait, 1_000, maxWaitLimitMs)
  return { until, windowMs, onConflict, maxWaitMs }
}

/**
 * The rule of a job: the request's own options before those of its contract. Undefined where neither asks for it.
 * @param input the schema's output
 * @throws InvalidInput
 */
export function uniqueRuleOf(
  contract: Keyed,
  given: UniqueOptions | undefined,
  input: unknown,
  now: number,
): UniqueRule | undefined {
  if (given === undefined && contract.unique === undefined) return undefined
  if (given !== undefined) {
    objectIn('unique', given)
    refuseUnknownKeys('unique', given, ['key', ...shared])
  }
  const { until, windowMs, onConflict, maxWaitMs } = checkShared('unique', merged(contract.unique, given))
  const key = shortTextIn('unique.key', given?.key ?? keyFrom(contract, input), maxIdempotencyKeyLength)
  return {
    key,
    scope: windowMs === undefined ? (until ?? 'done') : 'window',
    id: jobIdFromUniqueKey(
      contract.type,
      key,
      windowMs === undefined ? undefined : [windowMs, Math.floor(now / windowMs)],
    ),
    onConflict,
    ...(maxWaitMs === undefined ? {} : { maxWaitMs }),
  }
}

/** A request that says for how long, or what a conflict does, says it whole. */
function merged(
  { until, window, onConflict, maxWait }: Omit<UniqueOptions, 'key'> = {},
  given: UniqueOptions = {},
): Omit<UniqueOptions, 'key'> {
  const isScoped = given.until !== undefined || given.window !== undefined
  const isJudged = given.onConflict !== undefined
  return defined({
    until: isScoped ? given.until : until,
    window: isScoped ? given.window : window,
    onConflict: isJudged ? given.onConflict : onConflict,
    maxWait: given.maxWait ?? (isJudged && given.onConflict !== 'replace' ? undefined : maxWait),
  })
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>

function keyFrom({ type, unique }: Keyed, input: unknown): unknown {
  if (unique === undefined) {
    throw describedInput('unique.key', 'absent', `text: the contract of ${show(type)} has no key of its own`)
  }
  try {
    return unique.key(input)
  } catch (cause) {
    const what = `a function that threw ${show(String(cause))}`
    const error = describedInput('unique.key', what, `text of 1 to ${maxIdempotencyKeyLength} characters`)
    error.cause = cause
    throw error
  }
}

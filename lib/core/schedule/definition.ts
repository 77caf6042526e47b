/** What a schedule is: as people write it (`ScheduleOptions`), and as it is stored and fired (`ScheduleDefinition`). */

import { createHash } from 'node:crypto'
import { textIn } from '../values/check-options.ts'
import type { Duration } from '../values/duration.ts'
import { toJsonText } from '../values/json.ts'
import { maxItemBytes } from '../values/quotas.ts'
import { itemReserveBytes } from '../values/times.ts'
import type { Gap, Repeat, When } from './next.ts'

/**
 * What happens to a start while the job of the occurrence before has not ended. Decided when the job starts.
 * - `allow`: both run
 * - `skip`: the later one does not run
 * - `queueOne`: the later one waits for its end; a third is skipped
 * - `cancelPrevious`: the earlier one is cancelled, then the later one runs
 */
export const overlaps = ['allow', 'skip', 'queueOne', 'cancelPrevious'] as const
export type Overlap = (typeof overlaps)[number]

/**
 * What happens to occurrences that nobody fired in time: more than 60 seconds late.
 * - `skip`: nothing
 * - `latest`: the newest of them runs once
 * - `{ all: n, within? }`: the newest n run, and of these only the ones within the given time before now
 */
export type MisfireOption = 'skip' | 'latest' | { readonly all: number; readonly within?: Duration }

/** How the jobs of a schedule are enqueued. */
export interface ScheduleEnqueueOptions {
  /** Starts before a job ends FAILED. 1 to 1,000. @default the contract's */
  readonly maxAttempts?: number
  /** −100 to 100, lower first, among jobs that one tick hands out. @default 0 */
  readonly priority?: number
  /** At most 10, of 1 to 64 characters. */
  readonly tags?: readonly string[]
  /** Any JSON of at most 1,024 bytes; handed on with the job's events. */
  readonly notify?: unknown
}

/** What an input function and a handler know of the occurrence. */
export interface ScheduledTime {
  /** Of the schedule. */
  readonly name: string
  /** When the occurrence is due, in epoch milliseconds, without its jitter. */
  readonly time: number
  /** The calendar day of `time` in the schedule's zone, such as `2027-03-28`. */
  readonly localDate: string
  readonly timezone: string
  /** Whether a backfill asked for it. */
  readonly isBackfill: boolean
  /** Missed occurrences right before this one that do not run. */
  readonly missedBefore: number
}

/**
 * How a schedule is written. Exactly one of `cron`, `every` and `at` says when.
 *
 * @example { cron: '30 2 * * *', timezone: 'Europe/Berlin', input: at => ({ day: at.localDate }), overlap: 'skip' }
 * @example { every: '15m', anchor: '2026-01-01T00:05:00Z', input: {} }
 * @example { at: '2027-01-01T00:00:00Z', input: {} }
 */
export interface ScheduleOptions {
  /** 5 fields, or 6 with the second first; `L`, `LW`, `15W`, `5L`, `FRI#2`, `@daily` …; see `parseCron`. */
  readonly cron?: string
  /** An IANA zone (`Europe/Berlin`) or an offset (`+05:30`). For `every` and `at` it names the local date only. @default 'UTC' */
  readonly timezone?: string
  /** With `cron`: a time that a clock change skips. @default 'skip' if minute or hour begins with `*`, else 'next' */
  readonly gap?: Gap
  /** With `cron`: a time that a clock change repeats. @default 'both' if minute or hour begins with `*`, else 'first' */
  readonly repeat?: Repeat
  /** Elapsed time between occurrences; clock changes do not touch it. 1 s to 366 d. */
  readonly every?: Duration
  /** With `every`: an instant to count from, in both directions. @default when the schedule was made, cut to the minute */
  readonly anchor?: Date | string
  /** Once, at this instant: a Date, or ISO 8601 text with a zone. */
  readonly at?: Date | string
  /** The jobs' input, or a pure and quick function of the occurrence that returns it. */
  readonly input?: unknown
  /** `all` is 1 to 1,000; `within` is 1 min to 366 d. @default 'latest' */
  readonly misfire?: MisfireOption
  /** @default 'allow' */
  readonly overlap?: Overlap
  /**
   * Each occurrence starts up to this much later, always by the same for one name and time. 0 to 1 h, and at most the
   * smallest interval of the first 100 occurrences. @default '0s'
   */
  readonly jitter?: Duration
  /** No occurrence before this instant. With `cron` and `every`. */
  readonly startAt?: Date | string
  /** No occurrence at or after this instant. With `cron` and `every`. */
  readonly endAt?: Date | string
  /** The schedule ends after so many occurrences. 1 to 1,000,000,000. With `cron` and `every`. */
  readonly times?: number
  /** Made, but not firing. @default false */
  readonly paused?: boolean
  readonly enqueue?: ScheduleEnqueueOptions
}

/** The misfire policy, with its time in milliseconds. */
export type Misfire = 'skip' | 'latest' | { readonly all: number; readonly withinMs?: number }

/** The input of a schedule's jobs: JSON text, or a function from the code of a deployment. */
export type ScheduleInput =
  | { readonly kind: 'json'; readonly json: string }
  | { readonly kind: 'function'; readonly inputAt: (at: ScheduledTime) => unknown }

/** The enqueue options after their check; `notify` is JSON text. */
export interface ScheduleEnqueue {
  readonly maxAttempts?: number
  readonly priority?: number
  readonly tags?: readonly string[]
  readonly notify?: string
}

/**
 * A schedule, checked and with every default written in, so that an upgrade never moves one that runs.
 * Instants are in epoch milliseconds.
 */
export interface ScheduleDefinition {
  readonly name: string
  /** Of the jobs it enqueues. */
  readonly type: string
  readonly when: When
  readonly timezone: string
  readonly misfire: Misfire
  readonly overlap: Overlap
  readonly jitterMs: number
  readonly startAt?: number
  readonly endAt?: number
  readonly times?: number
  /** The state it is made in; an operator may change that later. */
  readonly paused: boolean
  readonly enqueue: ScheduleEnqueue
  readonly input: ScheduleInput
}

/** A definition whose `every` may still lack its anchor: code does not know when its schedule is made. */
export type ScheduleDeclaration = Omit<ScheduleDefinition, 'when'> & {
  readonly when: When | { readonly kind: 'every'; readonly everyMs: number }
}

/** The declaration with its anchor, which defaults to the instant the schedule was made, cut to the minute. */
export const anchored = (declaration: ScheduleDeclaration, madeAt: number): ScheduleDefinition => ({
  ...declaration,
  when: anchoredWhen(declaration.when, madeAt),
})

/** As `anchored`, of when alone. */
export const anchoredWhen = (when: ScheduleDeclaration['when'], madeAt: number): When =>
  when.kind === 'every' && !('anchorAt' in when) ? { ...when, anchorAt: Math.floor(madeAt / 60_000) * 60_000 } : when

/** They stand in paths of the HTTP API, so `/`, `?`, `#`, `%` and names of dots alone are out. */
export const scheduleNames = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/
export const scheduleNameRule = "a letter, a digit or '_', then also '.', ':' and '-', at most 128 in all"

/** The name of a schedule. @throws InvalidInput */
export const scheduleNameIn = (field: string, value: unknown): string =>
  textIn(field, value, scheduleNames, scheduleNameRule)

/** What is declared as input: JSON, or a function of the occurrence. @throws InvalidInput @throws JobTooLarge */
export const inputFrom = (field: string, value: unknown): ScheduleInput =>
  typeof value === 'function'
    ? { kind: 'function', inputAt: value as (at: ScheduledTime) => unknown }
    : { kind: 'json', json: toJsonText(field, value, maxItemBytes - itemReserveBytes) }

/**
 * The input of one occurrence's job, as JSON text. Calls the input function, which may throw anything.
 * @throws InvalidInput @throws JobTooLarge
 */
export const inputOf = (where: string, { input }: { readonly input: ScheduleInput }, at: ScheduledTime): string =>
  input.kind === 'json' ? input.json : toJsonText(where, input.inputAt(at), maxItemBytes - itemReserveBytes)

/**
 * Tells two definitions of one schedule apart: 16 hexadecimal digits over its data, and over the text of its input
 * function. The order of options makes no difference. What an input function calls is not part of it.
 */
export function definitionHash(declaration: ScheduleDeclaration): string {
  const { input, ...data } = declaration
  const shown =
    input.kind === 'json' ? input : { kind: input.kind, text: Function.prototype.toString.call(input.inputAt) }
  return hashText(canonical({ ...data, input: shown }))
}

/** One hash for all schedules of a deployment, whatever their order. */
export const definitionsHash = (declarations: readonly ScheduleDeclaration[]): string =>
  hashText(canonical(declarations.map(declaration => `${declaration.name}=${definitionHash(declaration)}`).toSorted()))

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** JSON text with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : entry,
  )

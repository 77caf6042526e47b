import { maxAttemptsIn, notifyIn, priorityIn, tagsIn } from '../job/enqueue-options.ts'
import { integerIn, refuseUnknownKeys } from '../values/check-options.ts'
import { durationMs, formatMs } from '../values/duration.ts'
import { InvalidInput } from '../values/errors.ts'
import { instantIn, oneOf, whenFrom } from './check-when.ts'
import {
  anchored,
  inputFrom,
  type Misfire,
  overlaps,
  type ScheduleDeclaration,
  type ScheduleEnqueue,
  type ScheduleOptions,
  scheduleNameIn,
} from './definition.ts'
import { nextOf } from './next.ts'
import { zoneIn } from './time-zone.ts'

const optionNames = [
  'cron',
  'timezone',
  'gap',
  'repeat',
  'every',
  'anchor',
  'at',
  'input',
  'misfire',
  'overlap',
  'jitter',
  'startAt',
  'endAt',
  'times',
  'paused',
  'enqueue',
] as const satisfies readonly (keyof ScheduleOptions)[]

const dayMs = 86_400_000
const maxJitterMs = 3_600_000
/** More missed occurrences than this are a backfill. */
const maxAll = 1_000
const maxTimes = 1_000_000_000
/** Occurrences that the check of the jitter looks at. */
const sampleSize = 100
/** A leap year's first day. The check begins at a fixed instant, so that its answer is the same on every day. */
const sampleFrom = 1_704_067_200_000

/** A schedule to check: its name, the type of its jobs, and how it is written. */
export interface GivenSchedule {
  readonly name: string
  readonly type: string
  readonly options: ScheduleOptions
}

/**
 * Checks a schedule whole and writes every default into it. It asks no clock: what is right today is right tomorrow.
 *
 * @param where as errors name it, such as `schedule(daily-report)`
 * @throws InvalidInput naming the option, the value and what is allowed; for `cron` also the position
 * @throws JobTooLarge when the input does not fit into a job
 */
export function checkSchedule(where: string, { name, type, options }: GivenSchedule): ScheduleDeclaration {
  scheduleNameIn(`${where}.name`, name)
  if (typeof options !== 'object' || options === null) throw new InvalidInput(where, options, 'an object of options')
  refuseUnknownKeys(where, options, optionNames)
  // Defaults for what is absent, not for null: that is a value, and a wrong one.
  const { timezone: givenZone = 'UTC', misfire = 'latest', overlap = 'allow', jitter = '0s' } = options
  const { paused = false, enqueue = {}, input } = options
  const timezone = zoneIn(`${where}.timezone`, givenZone)
  const declaration = {
    name,
    type,
    when: whenFrom(option => (option === undefined ? where : `${where}.${option}`), options, timezone),
    timezone,
    misfire: misfireFrom(`${where}.misfire`, misfire),
    overlap: oneOf(`${where}.overlap`, overlap, overlaps),
    jitterMs: durationMs(`${where}.jitter`, jitter, 0, maxJitterMs),
    ...limitsFrom(where, options),
    paused: booleanIn(`${where}.paused`, paused),
    enqueue: enqueueFrom(`${where}.enqueue`, enqueue),
    input: inputFrom(`${where}.input`, input),
  }
  checkJitter(`${where}.jitter`, options.jitter, declaration)
  return declaration
}

function limitsFrom(
  where: string,
  { startAt, endAt, times, at }: ScheduleOptions,
): Pick<ScheduleDeclaration, 'startAt' | 'endAt' | 'times'> {
  for (const [option, value] of Object.entries({ startAt, endAt, times })) {
    if (value === undefined || at === undefined) continue
    throw new InvalidInput(`${where}.${option}`, value, 'only with cron or every')
  }
  const limits = {
    ...(startAt === undefined ? {} : { startAt: instantIn(`${where}.startAt`, startAt) }),
    ...(endAt === undefined ? {} : { endAt: instantIn(`${where}.endAt`, endAt) }),
    ...(times === undefined ? {} : { times: integerIn(`${where}.times`, times, 1, maxTimes) }),
  }
  if (limits.startAt !== undefined && limits.endAt !== undefined && limits.startAt >= limits.endAt) {
    throw new InvalidInput(`${where}.endAt`, endAt, 'an instant after startAt')
  }
  return limits
}

function misfireFrom(field: string, value: unknown): Misfire {
  if (value === 'skip' || value === 'latest') return value
  if (typeof value !== 'object' || value === null) {
    throw new InvalidInput(field, value, `'skip', 'latest' or { all: 1 to ${maxAll}, within?: a duration }`)
  }
  refuseUnknownKeys(field, value, ['all', 'within'])
  const { all, within } = value as { readonly all?: unknown; readonly within?: unknown }
  return {
    all: integerIn(`${field}.all`, all, 1, maxAll),
    ...(within === undefined ? {} : { withinMs: durationMs(`${field}.within`, within, 60_000, 366 * dayMs) }),
  }
}

function enqueueFrom(field: string, value: unknown): ScheduleEnqueue {
  if (typeof value !== 'object' || value === null) throw new InvalidInput(field, value, 'an object of enqueue options')
  // No delay, runAt or idempotencyKey: the occurrence is all three.
  refuseUnknownKeys(field, value, ['maxAttempts', 'priority', 'tags', 'notify'])
  const { maxAttempts, priority, tags, notify } = value as Readonly<Record<string, unknown>>
  return {
    ...(maxAttempts === undefined ? {} : { maxAttempts: maxAttemptsIn(`${field}.maxAttempts`, maxAttempts) }),
    ...(priority === undefined ? {} : { priority: priorityIn(`${field}.priority`, priority) }),
    ...(tags === undefined ? {} : { tags: tagsIn(`${field}.tags`, tags) }),
    ...(notify === undefined ? {} : { notify: notifyIn(`${field}.notify`, notify) }),
  }
}

/** Jitter beyond the interval would let an occurrence pass the one before. */
function checkJitter(field: string, given: unknown, declaration: ScheduleDeclaration): void {
  if (declaration.jitterMs === 0) return
  const smallest = smallestIntervalMs(declaration)
  if (declaration.jitterMs <= smallest) return
  throw new InvalidInput(field, given, `0ms to ${formatMs(smallest)}, the smallest interval of the first ${sampleSize}`)
}

/** The shortest time between two of the first hundred occurrences, in milliseconds; Infinity if there is one only. */
export function smallestIntervalMs(declaration: ScheduleDeclaration): number {
  const from = declaration.startAt ?? sampleFrom
  const next = nextOf(anchored(declaration, from).when)
  let smallest = Number.POSITIVE_INFINITY
  let last = next(from - 1)
  for (let count = 1; count < sampleSize && last !== undefined; count += 1) {
    const following = next(last)
    if (following !== undefined) smallest = Math.min(smallest, following - last)
    last = following
  }
  return smallest
}

function booleanIn(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new InvalidInput(field, value, 'true or false')
  return value
}

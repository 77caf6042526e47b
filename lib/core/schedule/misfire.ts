import type { Misfire, ScheduleDefinition } from './definition.ts'
import type { Next } from './next.ts'
import { boundedNext, type Occurrence, occurrenceOf, timesIn } from './occurrences.ts'

/** How late a tick may find an occurrence: a tick's period. Later ones are missed. */
const missedAfterMs = 60_000
/** Missed occurrences that are counted one by one: a schedule of each second misses 604,800 in a week. */
const maxCounted = 10_000

/** What a tick has to do for one schedule. */
export interface Due {
  /** To fire, the earliest first: what the misfire policy chose, then what is in time. */
  readonly occurrences: readonly Occurrence[]
  /** Missed occurrences that do not run, all before the first one that does. */
  readonly dropped: number
  /** False: more were dropped than were counted. */
  readonly isDroppedExact: boolean
  /** The first occurrence after the window; undefined: the schedule ends. */
  readonly nextAt: number | undefined
}

/**
 * What is due with `lastAt < time ≤ until`. Occurrences more than a minute before `now` are missed, and the policy
 * chooses among them. `remaining` is how many more times the schedule may fire.
 */
export function dueOf(
  definition: ScheduleDefinition,
  {
    lastAt,
    now,
    until,
    remaining = Number.POSITIVE_INFINITY,
  }: { lastAt: number; now: number; until: number; remaining?: number },
): Due {
  const next = boundedNext(definition)
  // The last instant that counts as missed.
  const late = Math.min(now - missedAfterMs - 1, until)
  const missed = late <= lastAt ? [] : timesIn(next, { from: lastAt, until: late, limit: maxCounted })
  const chosen = choose(next, definition.misfire, { lastAt, late, now, missed })
  const inTime = timesIn(next, { from: Math.max(lastAt, late), until, limit: Number.POSITIVE_INFINITY })
  const times = [...chosen, ...inTime].slice(0, remaining)
  return {
    occurrences: times.map(time => occurrenceOf(definition, time)),
    dropped: missed.length - Math.min(missed.length, chosen.length),
    isDroppedExact: missed.length < maxCounted,
    nextAt: times.length === remaining ? undefined : next(Math.max(lastAt, until)),
  }
}

/** The missed times that still run, the earliest first. `missed` are the first of them, all unless they are too many. */
function choose(
  next: Next,
  misfire: Misfire,
  { lastAt, late, now, missed }: { lastAt: number; late: number; now: number; missed: readonly number[] },
): readonly number[] {
  if (misfire === 'skip') return []
  const { all, withinMs = Number.POSITIVE_INFINITY } = misfire === 'latest' ? { all: 1 } : misfire
  if (missed.length < maxCounted) return missed.slice(-all).filter(time => time >= now - withinMs)
  const after = Math.max(lastAt, now - withinMs - 1)
  const chosen: number[] = []
  let newest = newestIn(next, after, late)
  while (newest !== undefined && chosen.length < all) {
    chosen.push(newest)
    newest = newestIn(next, after, newest - 1)
  }
  return chosen.toReversed()
}

/**
 * The latest instant with `after < instant ≤ until`, found with `next` alone: a look back of 1 s, 2 s, 4 s … until
 * something is found, then halving. Some 50 questions for any span, where counting up from `after` might take millions.
 */
export function newestIn(next: Next, after: number, until: number): number | undefined {
  const within = (from: number): number | undefined => {
    const found = next(from)
    return found !== undefined && found <= until ? found : undefined
  }
  let [lookBack, start] = [1_000, until]
  let newest: number | undefined
  while (newest === undefined) {
    if (start <= after) return undefined
    start = Math.max(after, until - lookBack)
    lookBack *= 2
    newest = within(start)
  }
  // Nothing follows `none`; something may follow `newest`.
  let none = until
  while (none - newest > 1 && within(newest) !== undefined) {
    const middle: number = Math.floor((newest + none) / 2)
    const found = within(middle)
    if (found === undefined) none = middle
    else newest = found
  }
  return newest
}

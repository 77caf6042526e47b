/** How a schedule changes: each step from what was read to what is to be stored, and the guarded write between the two. */
import type { ScheduleDefinition } from '../schedule/definition.ts'
import { type Due, newestIn } from '../schedule/misfire.ts'
import { boundedNext, type Occurrence, occurrenceOf, timesIn } from '../schedule/occurrences.ts'
import type { RecordAction, RecordChange, RecordClause } from './change.ts'
import { attributesOf, type ScheduleOwner, type StoredDefinition, type StoredSchedule } from './schedule-record.ts'

const keptMs = 30 * 86_400_000

/** A definition, whose it is, and its hash. */
export interface Registration {
  readonly definition: ScheduleDefinition
  readonly owner: ScheduleOwner
  readonly hash: string
}

function stored(given: ScheduleDefinition): StoredDefinition {
  const { paused: _, input, ...definition } = given
  return { ...definition, input: input.kind === 'json' ? input : { kind: 'function' } }
}

type Placeable = Omit<StoredSchedule, 'status' | 'nextAt' | 'ttl'>

/** The schedule as it fires from an instant on; ended when nothing is left to fire. */
function activeFrom(schedule: Placeable, after: number, now: number): StoredSchedule {
  const { times = Number.POSITIVE_INFINITY } = schedule.definition
  const nextAt = schedule.fired >= times ? undefined : boundedNext(schedule.definition)(after)
  return nextAt === undefined ? ended(schedule, now) : { ...schedule, status: 'ACTIVE', nextAt }
}

const ended = (schedule: Placeable, now: number): StoredSchedule => ({
  ...schedule,
  status: 'ENDED',
  ttl: Math.ceil((now + keptMs) / 1_000),
})

/** What a schedule is without its place: what a new place begins with. */
function unplaced(schedule: StoredSchedule): Placeable {
  const { nextAt: _, ttl: __, status: ___, lastError: ____, ...rest } = schedule
  return rest
}

/** Occurrences that are enqueued and still to come: at most those of the lead. */
export const aheadOf = ({ definition, lastAt }: StoredSchedule, now: number): readonly Occurrence[] =>
  lastAt === undefined || lastAt <= now
    ? []
    : timesIn(boundedNext(definition), { from: now, until: lastAt, limit: Number.POSITIVE_INFINITY }).map(time =>
        occurrenceOf(definition, time),
      )

/** As if nothing were enqueued ahead. Whoever writes it takes those jobs back. */
function takenBack(before: StoredSchedule, now: number): Placeable {
  const ahead = aheadOf(before, now)
  if (ahead.length === 0) return unplaced(before)
  const { lastAt: _, lastJob, ...rest } = unplaced(before)
  const lastAt = newestIn(boundedNext(before.definition), before.madeAt, now)
  return {
    ...rest,
    fired: Math.max(0, before.fired - ahead.length),
    ...(lastAt === undefined ? {} : { lastAt }),
    // A run out of turn is not taken back.
    ...(lastJob === undefined || lastJob === ahead.at(-1)?.jobId ? {} : { lastJob }),
  }
}

/** A schedule that is made: it fires what comes from now on, and nothing before. */
export function made({ definition, owner, hash }: Registration, now: number): StoredSchedule {
  const base = { definition: stored(definition), owner, hash, version: 1, madeAt: now, fired: 0 }
  return definition.paused ? { ...base, status: 'PAUSED', pausedAt: now, pausedBy: owner } : activeFrom(base, now, now)
}

/** Another definition under the same name, from now on. A pause stays, whoever asked for it. */
export function redefined(
  before: StoredSchedule,
  { definition, owner, hash }: Registration,
  now: number,
): StoredSchedule {
  const base = { ...takenBack(before, now), definition: stored(definition), owner, hash, version: before.version + 1 }
  return before.status === 'PAUSED' ? { ...base, status: 'PAUSED' } : activeFrom(base, now, now)
}

export const removed = (before: StoredSchedule, now: number): StoredSchedule => ({
  ...takenBack(before, now),
  version: before.version + 1,
  status: 'REMOVED',
  ttl: Math.ceil((now + keptMs) / 1_000),
})

export const paused = (before: StoredSchedule, by: string, now: number): StoredSchedule => ({
  ...takenBack(before, now),
  version: before.version + 1,
  status: 'PAUSED',
  pausedBy: by,
  pausedAt: now,
})

/** What fell into the pause is not missed. */
export function resumed(before: StoredSchedule, now: number): StoredSchedule {
  const { pausedBy: _, pausedAt: __, ...rest } = unplaced(before)
  return activeFrom({ ...rest, version: before.version + 1 }, Math.max(now, before.lastAt ?? 0), now)
}

/** The zone's rules are other ones now: what is still to come, comes when they say. What is due already stays due. */
export const rederived = (before: StoredSchedule, now: number): StoredSchedule =>
  before.status !== 'ACTIVE' || before.nextAt === undefined || before.nextAt <= now
    ? before
    : activeFrom(unplaced(before), Math.max(now, before.lastAt ?? 0), now)

/** What a tick fired. */
export function fired(before: StoredSchedule, due: Due, now: number): StoredSchedule {
  const newest = due.occurrences.at(-1)
  const base = {
    ...unplaced(before),
    fired: before.fired + due.occurrences.length,
    ...(newest === undefined ? {} : { lastAt: newest.time, lastJob: newest.jobId }),
  }
  return due.nextAt === undefined ? ended(base, now) : { ...base, status: 'ACTIVE', nextAt: due.nextAt }
}

/** It stays due, and says why. */
export const failing = (before: StoredSchedule, error: string): StoredSchedule => ({ ...before, lastError: error })

/** A job outside of the rhythm: the next occurrence must not run beside it where that is not allowed. */
export const ranNow = (before: StoredSchedule, jobId: string): StoredSchedule => ({ ...before, lastJob: jobId })

/** Whether it counts among the schedules that a tick looks at. */
export const isCounted = ({ status }: StoredSchedule): boolean => status === 'ACTIVE' || status === 'PAUSED'

/**
 * The write from one to the other, if nobody changed or fired the schedule meanwhile; undefined when nothing differs.
 * @param name the guard is in it: `advanceIfSeen`
 */
export function changeIfSeen(name: string, before: StoredSchedule, after: StoredSchedule): RecordChange | undefined {
  const [from, to] = [attributesOf(before), attributesOf(after)]
  const set = Object.entries(to).flatMap(([attribute, value]): RecordAction[] =>
    from[attribute] === value ? [] : [{ op: 'set', attribute, value }],
  )
  const gone = Object.keys(from).flatMap((attribute): RecordAction[] =>
    attribute in to ? [] : [{ op: 'remove', attribute }],
  )
  const [first, ...rest] = [...set, ...gone]
  return first === undefined ? undefined : { name, guard: asSeen(before), actions: [first, ...rest] }
}

/** The schedule is the one that was read: neither changed nor fired since. */
export const asSeen = ({ version, nextAt, status }: StoredSchedule): readonly RecordClause[] => [
  { attribute: 'v', op: '=', value: version },
  { attribute: 'status', op: '=', value: status },
  nextAt === undefined ? { attribute: 'nextAt', op: 'absent' } : { attribute: 'nextAt', op: '=', value: nextAt },
]

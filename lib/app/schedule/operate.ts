/** What people do with schedules at run time. Every act is guarded by what was read; a schedule that moved is read again. */
import { contractOf } from '../../core/definition/runner.ts'
import { deleteIfThere } from '../../core/records/change.ts'
import type { Control } from '../../core/records/control.ts'
import { scheduleKey } from '../../core/records/keys.ts'
import {
  asSeen,
  isCounted,
  made,
  paused,
  type Registration,
  redefined,
  resumed,
} from '../../core/records/schedule-changes.ts'
import type { ScheduleStatus, StoredSchedule } from '../../core/records/schedule-record.ts'
import { checkSchedule } from '../../core/schedule/check-schedule.ts'
import { anchored, definitionHash, type ScheduleOptions, scheduleNameIn } from '../../core/schedule/definition.ts'
import { describedInput, InvalidInput, Unavailable } from '../../core/values/errors.ts'
import { fromJsonText } from '../../core/values/json.ts'
import { maxSchedules } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkInput } from '../check-input.ts'
import { eventActions, eventsOfAct } from '../record/act-events.ts'
import { listedSchedules, schedulesNamed, scheduleToChange } from './read-schedules.ts'
import { type ScheduleView, scheduleView } from './schedule-view.ts'
import { cancelAhead, jobsAhead, writeTakingBack } from './take-back.ts'
import { type ScheduleChange, type ScheduleWritten, transactCounted } from './write-schedules.ts'

/** A schedule that is made at run time: its options, and the type of the jobs that it enqueues. Its input is JSON. */
export type ScheduleRequest = ScheduleOptions & { readonly type: string }

export type ScheduleOutcome =
  | { readonly kind: 'done'; readonly schedule: ScheduleView }
  | { readonly kind: 'notFound' }
  /** A deployment defines it: only its code can change it. Pause, resume and run now work. */
  | { readonly kind: 'ownedByCode' }
  /** Somebody else changed it, or made it, or it is not there as the caller expects. */
  | { readonly kind: 'changed'; readonly version: number | undefined }
  | { readonly kind: 'notPossible'; readonly status: ScheduleStatus; readonly why: string }

/** Which version the caller means to replace. */
export interface PutCondition {
  readonly version?: number
  /** Only if there is none of this name. */
  readonly isNew?: boolean
}

/** The version that the caller has seen. @default any */
export type ExpectedSchedule = Pick<PutCondition, 'version'>

const isOther = (before: StoredSchedule, { version }: ExpectedSchedule): boolean =>
  version !== undefined && version !== before.version

const maxTries = 4

/**
 * Makes a schedule, or replaces the definition of one that was made at run time.
 * @throws InvalidInput, InputRefused, UnknownType, JobTooLarge: nothing was written
 * @throws Unavailable
 */
export async function putSchedule(
  deps: Deps,
  name: string,
  request: ScheduleRequest,
  condition: PutCondition = {},
): Promise<ScheduleOutcome> {
  const { type, ...options } = request
  const contract = contractOf(deps.runner, type)
  const declaration = checkSchedule('schedule', { name, type, options })
  if (declaration.input.kind === 'function') {
    throw describedInput('schedule.input', 'a function', 'JSON: a schedule that is made at run time stores its input')
  }
  await checkInput(contract, fromJsonText(declaration.input.json))
  return actOn(deps, name, (before, now, control) => {
    if (before?.owner === 'code' && before.status !== 'REMOVED') return { kind: 'ownedByCode' }
    const isTaken = condition.isNew === true && before !== undefined && isCounted(before)
    const isStale = condition.version !== undefined && condition.version !== before?.version
    if (isTaken || isStale) return { kind: 'changed', version: before?.version }
    const definition = anchored(declaration, before?.madeAt ?? now)
    const registration: Registration = { definition, owner: 'api', hash: definitionHash(declaration) }
    if (before === undefined || !isCounted(before)) refuseTooMany(control)
    if (before === undefined) return { name: 'putIfAbsent', before, after: made(registration, now) }
    const after = redefined(before, registration, now)
    return { name: 'redefineIfSeen', before, after }
  })
}

function refuseTooMany({ scheduleCount }: Control): void {
  if (scheduleCount < maxSchedules) return
  throw new InvalidInput('schedules', scheduleCount, `at most ${maxSchedules} schedules`)
}

/** Undefined when there is none. @throws InvalidInput, Unavailable */
export async function getSchedule(deps: Deps, name: string): Promise<ScheduleView | undefined> {
  const found = await schedulesNamed(deps, [scheduleNameIn('name', name)])
  const schedule = found.get(name)
  return schedule === undefined ? undefined : scheduleView(schedule)
}

/** Those that fire or are paused, page by page, in no order that lasts. @throws Unavailable */
export async function* listSchedules(deps: Deps): AsyncGenerator<ScheduleView> {
  for await (const page of listedSchedules(deps)) yield* page.map(scheduleView)
}

/** At once, but for jobs that are due. What falls into the pause is not missed. @param by who asks, for those who look at it later */
export const pauseSchedule = (
  deps: Deps,
  name: string,
  by = 'api',
  expected: ExpectedSchedule = {},
): Promise<ScheduleOutcome> =>
  actOn(deps, name, (before, now) => {
    if (before === undefined) return { kind: 'notFound' }
    if (isOther(before, expected)) return { kind: 'changed', version: before.version }
    if (before.status === 'PAUSED') return { kind: 'done', schedule: scheduleView(before) }
    if (before.status !== 'ACTIVE') return hasEnded(before)
    return { name: 'pauseIfSeen', before, after: paused(before, by, now), event: 'schedule_paused' }
  })

/** Fires what comes from now on. */
export const resumeSchedule = (deps: Deps, name: string, expected: ExpectedSchedule = {}): Promise<ScheduleOutcome> =>
  actOn(deps, name, (before, now) => {
    if (before === undefined) return { kind: 'notFound' }
    if (isOther(before, expected)) return { kind: 'changed', version: before.version }
    if (before.status === 'ACTIVE') return { kind: 'done', schedule: scheduleView(before) }
    if (before.status !== 'PAUSED') return hasEnded(before)
    return { name: 'resumeIfSeen', before, after: resumed(before, now), event: 'schedule_resumed' }
  })

const hasEnded = ({ status }: StoredSchedule): ScheduleOutcome => ({
  kind: 'notPossible',
  status,
  why: status === 'REMOVED' ? 'the schedule left the code' : 'the schedule has ended',
})

/** Jobs that are due stay; those enqueued ahead of their time are cancelled. */
export async function deleteSchedule(
  deps: Deps,
  name: string,
  expected: ExpectedSchedule = {},
): Promise<ScheduleOutcome | { readonly kind: 'deleted' }> {
  scheduleNameIn('name', name)
  for (let tries = 0; tries < maxTries; tries += 1) {
    const { before, control } = await scheduleToChange(deps, name)
    if (before === undefined) return { kind: 'notFound' }
    if (isOther(before, expected)) return { kind: 'changed', version: before.version }
    if (before.owner === 'code' && isCounted(before)) return { kind: 'ownedByCode' }
    const now = deps.clock.now()
    const [ahead = []] = await jobsAhead(deps, [before], now)
    const change = { ...deleteIfThere, name: 'deleteIfSeen', guard: asSeen(before) }
    const action = { kind: 'update', key: scheduleKey(name), change } as const
    const events = control.isPublishing ? eventsOfAct(deps, 'schedule_removed', { before, after: before }, now) : []
    const actions = [action, ...eventActions(deps, events)]
    const outcome = await transactCounted(deps, actions, isCounted(before) ? -1 : 0)
    if (isWritten(outcome, 'deleteIfSeen')) {
      await cancelAhead(deps, ahead, now)
      deps.telemetry.emit({ name: 'schedule_removed', schedule: name })
      return { kind: 'deleted' }
    }
  }
  throw new Unavailable(`schedule ${name}`, 'it keeps changing')
}

/**
 * Deletes every schedule that was made at run time; those of the code stay.
 * @param deletes how one is deleted
 * @throws Unavailable
 */
export async function deleteAllSchedules(
  deps: Deps,
  deletes: (name: string) => ReturnType<typeof deleteSchedule>,
): Promise<{ readonly deleted: number; readonly ownedByCode: number }> {
  let [deleted, ownedByCode] = [0, 0]
  for await (const { name, owner } of listSchedules(deps)) {
    if (owner === 'code') ownedByCode += 1
    else if ((await deletes(name)).kind === 'deleted') deleted += 1
  }
  return { deleted, ownedByCode }
}

type Act = ScheduleOutcome | (ScheduleChange & { readonly event?: 'schedule_paused' | 'schedule_resumed' })

/** Reads, decides, writes; again while somebody else, or a tick, is faster. */
async function actOn(
  deps: Deps,
  name: string,
  decide: (before: StoredSchedule | undefined, now: number, control: Control) => Act,
): Promise<ScheduleOutcome> {
  scheduleNameIn('name', name)
  for (let tries = 0; tries < maxTries; tries += 1) {
    const now = deps.clock.now()
    const { before, control } = await scheduleToChange(deps, name)
    const act = decide(before, now, control)
    if ('kind' in act) return act
    const event = act.event ?? (before === undefined ? 'schedule_added' : 'schedule_changed')
    const events = control.isPublishing ? eventsOfAct(deps, event, act, now) : []
    const [outcome] = await writeTakingBack(deps, [{ ...act, events }], now)
    if (!isWritten(outcome, act.name)) continue
    deps.telemetry.emit({ name: event, schedule: name })
    return { kind: 'done', schedule: scheduleView(act.after) }
  }
  throw new Unavailable(`schedule ${name}`, 'it keeps changing')
}

/** @throws Unavailable */
function isWritten(outcome: ScheduleWritten | undefined, what: string): boolean {
  if (typeof outcome === 'object') throw new Unavailable(what, outcome.error)
  return outcome === 'written'
}

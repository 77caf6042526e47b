import { made, type Registration, redefined, removed } from '../../core/records/schedule-changes.ts'
import type { StoredSchedule } from '../../core/records/schedule-record.ts'
import { anchored, definitionHash, type ScheduleDeclaration } from '../../core/schedule/definition.ts'
import type { ScheduleAct } from '../record/act-events.ts'
import type { ScheduleChange } from './write-schedules.ts'

/** A change that a registration makes, and what it reports. */
export interface Registering extends ScheduleChange {
  readonly act: ScheduleAct
  readonly now: number
}

/**
 * What differs between the code and what is stored:
 * - a new name is added; one that was removed comes back and goes on from now
 * - another definition replaces the one before, and leaves its pause alone
 * - a name that somebody made at run time is taken over, and its definition kept in `previous`
 * - what left the code is removed; what was made at run time is left alone
 */
export function planRegistration(
  declared: readonly ScheduleDeclaration[],
  stored: ReadonlyMap<string, StoredSchedule>,
  now: number,
): readonly Registering[] {
  const names = new Set(declared.map(({ name }) => name))
  const gone = [...stored.values()].filter(
    ({ owner, status, definition }) =>
      owner === 'code' && (status === 'ACTIVE' || status === 'PAUSED') && !names.has(definition.name),
  )
  return [
    ...declared.flatMap(declaration => registering(declaration, stored.get(declaration.name), now) ?? []),
    ...gone.map(
      (before): Registering => ({
        name: 'removeIfSeen',
        before,
        after: removed(before, now),
        act: 'schedule_removed',
        now,
      }),
    ),
  ]
}

function registering(
  declaration: ScheduleDeclaration,
  before: StoredSchedule | undefined,
  now: number,
): Registering | undefined {
  const hash = definitionHash(declaration)
  // An `every` without an anchor counts from when its schedule was made, however often its code changes.
  const definition = anchored(declaration, before?.owner === 'code' ? before.madeAt : now)
  const registration: Registration = { definition, owner: 'code', hash }
  if (before === undefined) {
    const after = made(registration, now)
    return { name: 'putIfAbsent', before, after, act: 'schedule_added', now }
  }
  if (before.owner === 'api') {
    const previous = JSON.stringify(before.definition)
    const after = { ...redefined(before, registration, now), previous }
    return { name: 'takeOverIfSeen', before, after, act: 'schedule_taken_over', now }
  }
  if (before.status === 'REMOVED') {
    const after = redefined(before, registration, now)
    return { name: 'addAgainIfSeen', before, after, act: 'schedule_added', now }
  }
  if (before.hash === hash) return undefined
  const after = redefined(before, registration, now)
  return { name: 'redefineIfSeen', before, after, act: 'schedule_changed', now }
}

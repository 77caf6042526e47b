/** Schedules in paths, and what becomes of their outcomes. */
import * as v from 'valibot'
import type { ScheduleOutcome } from '../../app/schedule/operate.ts'
import type { ScheduleView } from '../../app/schedule/schedule-view.ts'
import { scheduleNameRule, scheduleNames } from '../../core/schedule/definition.ts'
import { PreconditionFailed, show } from '../../core/values/errors.ts'
import { Conflict, NotFound, OwnedByCode } from '../errors.ts'
import { etagOf, expectedVersion } from '../etag.ts'
import type { Reply } from '../route.ts'

/** They have no `/ ? # %`: an HTTP API decodes these in a path, and reads it otherwise then. */
export const schedulePath = v.strictObject({
  name: v.pipe(v.string(), v.regex(scheduleNames, scheduleNameRule), v.description('Name of the schedule.')),
})

export const noSchedule = (name: string): NotFound => new NotFound(`there is no schedule ${show(name)}`)

/** The answer that shows a schedule. */
export const scheduleReply = (status: 200 | 201, schedule: ScheduleView): Reply => ({
  status,
  body: schedule,
  headers: { etag: etagOf(schedule.version) },
})

/**
 * The version that `If-Match` names. What is no number is no version of a schedule, and matches none.
 * @throws InvalidInput
 */
export function expectedSchedule(headers: Headers): { readonly version?: number } {
  const version = expectedVersion(headers)
  if (version === undefined) return {}
  return { version: /^\d{1,15}$/.test(version) ? Number(version) : -1 }
}

type Refused = Exclude<ScheduleOutcome, { readonly kind: 'done' }>

export function refusal(name: string, outcome: Refused, expected?: number): Error {
  switch (outcome.kind) {
    case 'notFound':
      return noSchedule(name)
    case 'ownedByCode':
      return new OwnedByCode(`the code of a deployment defines schedule ${show(name)}; pause, resume and run work`)
    case 'changed': {
      const found = outcome.version === undefined ? undefined : String(outcome.version)
      return new PreconditionFailed(`schedule ${show(name)}`, String(expected ?? 'none'), found)
    }
    case 'notPossible':
      return new Conflict(outcome.why, outcome.status, ['run', 'delete'])
  }
}

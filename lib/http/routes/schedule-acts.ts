/** A schedule's past and future, and one run out of turn. */
import * as v from 'valibot'
import type { ScheduleOptions } from '../../core/schedule/definition.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { instantOf } from '../../core/values/instant.ts'
import { route } from '../route.ts'
import { occurrence, preview, scheduleOptions } from '../schemas/schedule.ts'
import * as values from '../schemas/values.ts'
import { noSchedule, schedulePath } from './schedule-path.ts'

const group = 'Schedules'

const run = route({
  id: 'runSchedule',
  method: 'POST',
  path: '/v1/schedules/{name}/run',
  scope: 'operate',
  group,
  summary: 'Enqueues a job of the schedule out of turn',
  description: 'Also while it is paused. `overlap` holds; the next occurrence comes as it would have.',
  params: schedulePath,
  body: { schema: v.strictObject({}, 'an empty JSON object, or nothing'), where: 'body', isOptional: true },
  answers: [
    { status: 201, description: 'The job was made.', schema: v.object({ id: v.string() }), headers: ['Location'] },
  ],
  problems: ['not_found', 'unknown_type', 'input_refused', 'job_too_large'],
  handle: async ({ acts, params: { name } }) => {
    const outcome = await acts.runSchedule(name)
    if (outcome.kind === 'notFound') throw noSchedule(name)
    return { status: 201, body: { id: outcome.id }, headers: { location: `/v1/jobs/${outcome.id}` } }
  },
})

const occurrences = route({
  id: 'listOccurrences',
  method: 'GET',
  path: '/v1/schedules/{name}/occurrences',
  scope: 'read',
  group,
  summary: 'Lists past occurrences with their jobs, the newest first',
  params: schedulePath,
  query: v.strictObject({ limit: v.optional(values.limit) }),
  answers: [{ status: 200, description: 'The occurrences.', schema: v.object({ occurrences: v.array(occurrence) }) }],
  problems: ['not_found'],
  handle: async ({ deps, params: { name }, query: { limit } }) => {
    const { occurrencesOf } = await import('../../app/schedule/on-schedules.ts')
    const found = await occurrencesOf(deps, name, limit)
    if (found === undefined) throw noSchedule(name)
    return { status: 200, body: { occurrences: found } }
  },
})

const previewOne = route({
  id: 'previewSchedule',
  method: 'GET',
  path: '/v1/schedules/{name}/preview',
  scope: 'read',
  group,
  summary: 'Shows the next occurrences of a schedule',
  description: 'Clock changes are marked.',
  params: schedulePath,
  query: v.strictObject({
    n: v.optional(v.pipe(values.limit, v.description('How many. Default: 5.'))),
  }),
  answers: [{ status: 200, description: 'When it is due next.', schema: preview }],
  problems: ['not_found'],
  handle: async ({ deps, params: { name }, query: { n } }) => {
    const { previewOf } = await import('../../app/schedule/on-schedules.ts')
    const found = await previewOf(deps, name, n)
    if (found === undefined) throw noSchedule(name)
    return { status: 200, body: found }
  },
})

const fromRule = 'an instant: ISO 8601 text with a zone, such as 2027-01-31T09:00:00Z'

const previewAny = route({
  id: 'previewOptions',
  method: 'POST',
  path: '/v1/schedules/preview',
  scope: 'operate',
  group,
  summary: 'Shows when a schedule would be due that nobody has made yet',
  description: 'Writes nothing.',
  body: {
    schema: v.strictObject(
      {
        ...scheduleOptions,
        n: v.optional(v.pipe(values.wholeNumber(1, 100), v.description('How many. Default: 5.'))),
        from: v.optional(v.pipe(values.instantGiven(fromRule), v.description('Where to begin. Default: now.'))),
      },
      'a JSON object',
    ),
    where: 'schedule',
    isPrefixed: true,
  },
  answers: [{ status: 200, description: 'When it would be due.', schema: preview }],
  handle: async ({ deps, body: { n, from, ...options } }) => {
    const start = from === undefined ? undefined : instantOf(from)
    if (from !== undefined && start === undefined) throw new InvalidInput('schedule.from', from, fromRule)
    const bounds = { ...(n === undefined ? {} : { count: n }), ...(start === undefined ? {} : { from: start }) }
    const { previewSchedule } = await import('../../app/schedule/on-schedules.ts')
    return { status: 200, body: previewSchedule(deps, options as ScheduleOptions, bounds) }
  },
})

export const scheduleActRoutes = [previewAny, run, occurrences, previewOne]

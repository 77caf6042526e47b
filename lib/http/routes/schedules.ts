/** Schedules: make, look at, change, delete. */
import * as v from 'valibot'
import type { PutCondition, ScheduleRequest } from '../../app/schedule/operate.ts'
import type { Deps } from '../../ports/deps.ts'
import { PreconditionRequired } from '../errors.ts'
import { preconditionOf } from '../etag.ts'
import { route } from '../route.ts'
import { newSchedule, schedule } from '../schemas/schedule.ts'
import * as values from '../schemas/values.ts'
import { expectedSchedule, noSchedule, refusal, schedulePath, scheduleReply } from './schedule-path.ts'

const group = 'Schedules'
const shown = { status: 200, description: 'The schedule.', schema: schedule, headers: ['ETag'] } as const

const list = route({
  id: 'listSchedules',
  method: 'GET',
  path: '/v1/schedules',
  scope: 'read',
  group,
  summary: 'Lists the schedules that fire or are paused',
  query: v.strictObject({ limit: v.optional(values.limit), cursor: v.optional(values.cursor) }),
  answers: [
    {
      status: 200,
      description: 'A page; `next` is absent after the last.',
      schema: v.object({ schedules: v.array(schedule), next: v.optional(v.string()) }),
    },
  ],
  handle: async ({ deps, query }) => {
    const { schedulePage } = await import('../../app/schedule/on-schedules.ts')
    return { status: 200, body: await schedulePage(deps, query.limit, query.cursor) }
  },
})

const getOne = route({
  id: 'getSchedule',
  method: 'GET',
  path: '/v1/schedules/{name}',
  scope: 'read',
  group,
  summary: 'Shows a schedule',
  params: schedulePath,
  answers: [shown],
  problems: ['not_found'],
  handle: async ({ deps, params }) => {
    const { getSchedule } = await import('../../app/schedule/on-schedules.ts')
    const found = await getSchedule(deps, params.name)
    if (found === undefined) throw noSchedule(params.name)
    return scheduleReply(200, found)
  },
})

const putOne = route({
  id: 'putSchedule',
  method: 'PUT',
  path: '/v1/schedules/{name}',
  scope: 'operate',
  group,
  summary: 'Makes a schedule, or replaces its definition',
  description:
    'One that exists is replaced only with `If-Match` and its ETag, or `*`. With `If-None-Match: *` it is made only if ' +
    'there is none of this name.',
  params: schedulePath,
  headers: ['If-Match', 'If-None-Match'],
  body: { schema: newSchedule, where: 'schedule', isPrefixed: true },
  answers: [
    { ...shown, status: 201, description: 'It was made.' },
    { ...shown, description: 'It was replaced.' },
  ],
  problems: [
    'owned_by_code',
    'precondition_failed',
    'precondition_required',
    'unknown_type',
    'input_refused',
    'job_too_large',
  ],
  handle: async ({ deps, acts, params: { name }, headers, body }) => {
    const { condition, isUnconditional } = await conditionOf(deps, name, headers)
    const outcome = await acts.putSchedule(name, body as ScheduleRequest, condition)
    if (outcome.kind === 'done') return scheduleReply(condition.isNew === true ? 201 : 200, outcome.schedule)
    if (outcome.kind === 'changed' && isUnconditional) {
      throw new PreconditionRequired(`schedule ${name}`, String(outcome.version))
    }
    throw refusal(name, outcome, condition.version)
  },
})

/** Without a condition, it is made; one that exists is not overwritten by accident. */
async function conditionOf(
  deps: Deps,
  name: string,
  headers: Headers,
): Promise<{ readonly condition: PutCondition; readonly isUnconditional: boolean }> {
  const asked = preconditionOf(headers)
  if (asked.kind === 'version') return { condition: expectedSchedule(headers), isUnconditional: false }
  if (asked.kind === 'exists') {
    const { getSchedule } = await import('../../app/schedule/on-schedules.ts')
    const found = await getSchedule(deps, name)
    return { condition: { version: found?.version ?? -1 }, isUnconditional: false }
  }
  return { condition: { isNew: true }, isUnconditional: asked.kind === 'any' }
}

const patchOne = route({
  id: 'patchSchedule',
  method: 'PATCH',
  path: '/v1/schedules/{name}',
  scope: 'operate',
  group,
  summary: 'Pauses or resumes a schedule',
  description: 'What falls into a pause is not missed. A deployment leaves the pause alone.',
  params: schedulePath,
  headers: ['If-Match'],
  body: { schema: v.strictObject({ paused: values.bool }, 'a JSON object'), where: 'body' },
  answers: [shown],
  problems: ['not_found', 'conflict', 'precondition_failed'],
  handle: async ({ acts, params: { name }, headers, body }) => {
    const expected = expectedSchedule(headers)
    const outcome = body.paused
      ? await acts.pauseSchedule(name, undefined, expected)
      : await acts.resumeSchedule(name, expected)
    if (outcome.kind === 'done') return scheduleReply(200, outcome.schedule)
    throw refusal(name, outcome, expected.version)
  },
})

const deleteOne = route({
  id: 'deleteSchedule',
  method: 'DELETE',
  path: '/v1/schedules/{name}',
  scope: 'operate',
  group,
  summary: 'Deletes a schedule that was made at run time',
  description: 'Jobs that it has enqueued stay.',
  params: schedulePath,
  headers: ['If-Match'],
  answers: [{ status: 204, description: 'It is gone.' }],
  problems: ['not_found', 'owned_by_code', 'precondition_failed'],
  handle: async ({ acts, params: { name }, headers }) => {
    const expected = expectedSchedule(headers)
    const outcome = await acts.deleteSchedule(name, expected)
    if (outcome.kind === 'deleted' || outcome.kind === 'done') return { status: 204 }
    throw refusal(name, outcome, expected.version)
  },
})

export const scheduleRoutes = [list, getOne, putOne, patchOne, deleteOne]

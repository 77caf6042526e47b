/** Acts on every job that matches a filter, and the backfill of a schedule. */
import * as v from 'valibot'
import { type BulkView, getBulk, listBulks } from '../../app/bulk/bulk.ts'
import type { BulkOptions } from '../../app/bulk/bulk-request.ts'
import type { BackfillOptions } from '../../app/bulk/start-backfill.ts'
import { show } from '../../core/values/errors.ts'
import { Conflict, NotFound } from '../errors.ts'
import { type Reply, route } from '../route.ts'
import { bulk, newBackfill, newBulk } from '../schemas/bulk.ts'
import * as values from '../schemas/values.ts'
import { noSchedule, schedulePath } from './schedule-path.ts'

const group = 'Bulk'
const bulkPath = v.strictObject({ id: v.string() })
const started = {
  status: 202,
  description: 'Its job is enqueued.',
  schema: bulk,
  headers: ['Location'],
} as const

const noBulk = (id: string): NotFound => new NotFound(`there is no bulk act ${show(id)}`)
const startedReply = (made: BulkView): Reply => ({
  status: 202,
  body: made,
  headers: { location: `/v1/bulk/${made.id}` },
})

const start = route({
  id: 'startBulk',
  method: 'POST',
  path: '/v1/bulk',
  scope: 'operate',
  group,
  summary: 'Retries, cancels, deletes, runs or reschedules every job that matches',
  description:
    'As a job of its own, which a crash does not stop. The filter is frozen: what is made or ends later is left alone. ' +
    'Each job is acted on as it was found, or counts as `already`.',
  body: { schema: newBulk, where: 'bulk' },
  answers: [started],
  handle: async ({ acts, body }) => {
    const options = body as BulkOptions
    return startedReply(await acts.startBulk(options.filter?.queue ?? '*', options))
  },
})

const list = route({
  id: 'listBulks',
  method: 'GET',
  path: '/v1/bulk',
  scope: 'read',
  group,
  summary: 'Lists bulk acts and backfills of the last 90 days, the newest first',
  query: v.strictObject({ limit: v.optional(values.limit), cursor: v.optional(values.cursor) }),
  answers: [
    {
      status: 200,
      description: 'A page; `next` is absent after the last.',
      schema: v.object({ bulks: v.array(bulk), next: v.optional(v.string()) }),
    },
  ],
  handle: async ({ deps, query: { limit, cursor } }) => {
    const options = {
      ...(limit === undefined ? {} : { limit }),
      ...(cursor === undefined ? {} : { cursor }),
    }
    return { status: 200, body: await listBulks(deps, options) }
  },
})

const getOne = route({
  id: 'getBulk',
  method: 'GET',
  path: '/v1/bulk/{id}',
  scope: 'read',
  group,
  summary: 'Shows how far a bulk act is',
  params: bulkPath,
  answers: [{ status: 200, description: 'The bulk act.', schema: bulk }],
  problems: ['not_found'],
  handle: async ({ deps, params: { id } }) => {
    const found = await getBulk(deps, id)
    if (found === undefined) throw noBulk(id)
    return { status: 200, body: found }
  },
})

const cancelOne = route({
  id: 'cancelBulk',
  method: 'POST',
  path: '/v1/bulk/{id}/cancel',
  scope: 'operate',
  group,
  summary: 'Stops a bulk act',
  description: 'Within 5 s. What is done stays done, and is counted.',
  params: bulkPath,
  body: { schema: v.strictObject({}, 'an empty JSON object, or nothing'), where: 'body', isOptional: true },
  answers: [{ status: 200, description: 'The bulk act as it is now.', schema: bulk }],
  problems: ['not_found', 'conflict'],
  handle: async ({ deps, acts, params: { id } }) => {
    const outcome = await acts.cancelBulk(id)
    if (outcome.kind === 'notPossible') throw new Conflict(outcome.why, outcome.state, [])
    const found = outcome.kind === 'notFound' ? undefined : await getBulk(deps, id)
    if (found === undefined) throw noBulk(id)
    return { status: 200, body: found }
  },
})

const backfill = route({
  id: 'backfillSchedule',
  method: 'POST',
  path: '/v1/schedules/{name}/backfill',
  scope: 'operate',
  group: 'Schedules',
  summary: 'Enqueues the occurrences of a stretch of the past',
  description: 'As a bulk act. Occurrences that have their job are left alone. At most 10,000 at once.',
  params: schedulePath,
  body: { schema: newBackfill, where: 'backfill' },
  answers: [started],
  problems: ['not_found'],
  handle: async ({ acts, params: { name }, body }) => {
    const outcome = await acts.backfill(name, body as BackfillOptions)
    if (outcome.kind === 'notFound') throw noSchedule(name)
    return startedReply(outcome.bulk)
  },
})

export const bulkRoutes = [start, list, getOne, cancelOne, backfill]

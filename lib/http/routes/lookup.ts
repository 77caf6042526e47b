/** Questions about one job, about types, figures and failures. */
import * as v from 'valibot'
import type { ChildrenOptions } from '../../app/lookup/children.ts'
import type { RunView } from '../../app/lookup/job-runs.ts'
import type { StatsOptions } from '../../app/lookup/stats.ts'
import { show } from '../../core/values/errors.ts'
import { NotFound } from '../errors.ts'
import { route } from '../route.ts'
import { childPage, errorGroup, explanation, jobType, run, stats, step } from '../schemas/lookup.ts'
import * as values from '../schemas/values.ts'
import { jobId, jobPath, noJob } from './job-path.ts'

const shared = { method: 'GET', scope: 'read' } as const
const namePath = v.strictObject({ name: v.string() })
const name = v.optional(values.text(1, 256))
const bound = v.optional(values.instantGiven('ISO 8601 text with a zone, such as 2027-01-01T00:00:00Z'))

const runs = route({
  ...shared,
  id: 'listRuns',
  path: '/v1/jobs/{id}/runs',
  group: 'Jobs',
  summary: 'Lists the ended runs of a job, the newest first',
  description: 'As the recorder keeps them, a few seconds late: which ones, the queue’s `history` says.',
  params: jobPath,
  query: v.strictObject({ limit: v.optional(values.limit) }),
  answers: [
    {
      status: 200,
      description: 'Its runs.',
      schema: v.object({
        runs: v.array(run),
        history: v.picklist(['failed', 'all', 'none']),
        isComplete: v.pipe(v.boolean(), v.description('False: there are more.')),
      }),
    },
  ],
  problems: ['not_found'],
  handle: async ({ deps, params, query: { limit }, options }) => {
    const { listRuns } = await import('../late-reads.ts')
    const found = await listRuns(deps, jobId(params.id), limit)
    if (found === undefined) throw noJob(params.id)
    return {
      status: 200,
      body: options.isStackShown === true ? found : { ...found, runs: found.runs.map(withoutStack) },
    }
  },
})

const steps = route({
  ...shared,
  id: 'listSteps',
  path: '/v1/jobs/{id}/steps',
  group: 'Jobs',
  summary: 'Lists what the handler of a job has done so far',
  description: 'Its steps, sleeps, waits and signals, in the order in which they were written.',
  params: jobPath,
  answers: [
    {
      status: 200,
      description: 'Those of its generation.',
      schema: v.object({ id: v.string(), generation: v.number(), steps: v.array(step) }),
    },
  ],
  problems: ['not_found'],
  handle: async ({ deps, params, options }) => {
    const { listSteps } = await import('../late-reads.ts')
    const found = await listSteps(deps, jobId(params.id))
    if (found === undefined) throw noJob(params.id)
    return {
      status: 200,
      body: options.isStackShown === true ? found : { ...found, steps: found.steps.map(withoutStack) },
    }
  },
})

function withoutStack({ error, ...one }: Pick<RunView, 'error'>): object {
  return error === undefined ? one : { ...one, error: { name: error.name, message: error.message } }
}

const children = route({
  ...shared,
  id: 'listChildren',
  path: '/v1/jobs/{id}/children',
  group: 'Jobs',
  summary: 'Lists the jobs that a job waits for',
  description: 'Or has waited for, in its generation; or those of a batch, under its id. By their places.',
  params: jobPath,
  query: v.strictObject({ limit: v.optional(values.limit), cursor: v.optional(values.cursor) }),
  answers: [{ status: 200, description: 'A page of them.', schema: childPage }],
  problems: ['not_found'],
  handle: async ({ deps, params, query }) => {
    const { listChildren } = await import('../late-reads.ts')
    const found = await listChildren(deps, jobId(params.id), query as ChildrenOptions)
    if (found === undefined) throw noJob(params.id)
    return { status: 200, body: found }
  },
})

const explain = route({
  ...shared,
  id: 'explainJob',
  path: '/v1/jobs/{id}/explain',
  group: 'Jobs',
  summary: 'Says why a job is not running',
  params: jobPath,
  answers: [{ status: 200, description: 'The reasons.', schema: explanation }],
  problems: ['not_found'],
  handle: async ({ deps, params }) => {
    // As all look-ups, a file of its own in the API's bundle: people ask, and no cold start should read it.
    const { explainJob } = await import('../late-reads.ts')
    const found = await explainJob(deps, jobId(params.id))
    if (found === undefined) throw noJob(params.id)
    return { status: 200, body: found }
  },
})

const types = route({
  ...shared,
  id: 'listTypes',
  path: '/v1/types',
  group: 'Types',
  summary: 'Lists the job types of the deployed code',
  answers: [{ status: 200, description: 'All of them.', schema: v.object({ types: v.array(jobType) }) }],
  handle: async ({ deps }) => {
    const { listTypes } = await import('../late-reads.ts')
    return { status: 200, body: { types: listTypes(deps) } }
  },
})

const oneType = route({
  ...shared,
  id: 'getType',
  path: '/v1/types/{name}',
  group: 'Types',
  summary: 'Shows a job type',
  params: namePath,
  answers: [{ status: 200, description: 'The type.', schema: jobType }],
  problems: ['not_found'],
  handle: async ({ deps, params }) => {
    const { getType } = await import('../late-reads.ts')
    const found = getType(deps, params.name)
    if (found === undefined) throw new NotFound(`there is no job type ${show(params.name)}`)
    return { status: 200, body: found }
  },
})

const figures = route({
  ...shared,
  id: 'readStats',
  path: '/v1/stats',
  group: 'Queues',
  summary: 'Shows what happened, by minute or hour',
  query: v.strictObject({
    queue: name,
    type: name,
    from: bound,
    to: bound,
    step: v.optional(values.oneOf(['minute', 'hour'])),
    by: v.optional(
      v.pipe(values.oneOf(['queue']), v.description('`queue`: with the depths of each queue in addition.')),
    ),
  }),
  answers: [{ status: 200, description: 'Counts are exact up to a few seconds ago.', schema: stats }],
  handle: async ({ deps, query }) => {
    const { readStats } = await import('../late-reads.ts')
    return { status: 200, body: await readStats(deps, query as StatsOptions) }
  },
})

const errors = route({
  ...shared,
  id: 'listErrors',
  path: '/v1/errors',
  group: 'Queues',
  summary: 'Lists failures that are alike, the latest first',
  query: v.strictObject({ queue: name, type: name }),
  answers: [
    {
      status: 200,
      description: 'Groups by type, name and message.',
      schema: v.object({ groups: v.array(errorGroup), isComplete: v.boolean() }),
    },
  ],
  handle: async ({ deps, query }) => {
    const { listErrors } = await import('../late-reads.ts')
    return {
      status: 200,
      body: await listErrors(deps, query as { readonly queue?: string; readonly type?: string }),
    }
  },
})

export const lookupRoutes = [runs, steps, children, explain, types, oneType, figures, errors]

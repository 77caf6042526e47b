/** Enqueue jobs, and look at one. */
import * as v from 'valibot'
import { enqueue, enqueueMany } from '../../app/enqueue/enqueue.ts'
import type { EnqueueRequest } from '../../app/enqueue/prepare.ts'
import { getVersioned } from '../../app/operate/job-view.ts'
import type { EnqueueOptions, EnqueueOutcome, JobRequest } from '../../core/definition/job-request.ts'
import { isSystemType, ownTypes } from '../../core/definition/runner.ts'
import type { JobContext } from '../../core/job/job-context.ts'
import { UnknownType } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import { etagOf } from '../etag.ts'
import { problemOf } from '../problem.ts'
import { idempotencyKeyOf, withTrace } from '../read-request.ts'
import { type HttpOptions, route } from '../route.ts'
import { enqueued, job, newBatch, newJob, newJobOfMany, startedBatch } from '../schemas/job.ts'
import { problem } from '../schemas/problem.ts'
import { jobId, jobPath, noJob } from './job-path.ts'

const group = 'Jobs'
const refusals = ['unknown_type', 'input_refused', 'job_too_large', 'idempotency_conflict', 'unique_conflict'] as const

const enqueueOne = route({
  id: 'enqueueJob',
  method: 'POST',
  path: '/v1/jobs',
  scope: 'write',
  group,
  summary: 'Enqueues a job',
  description:
    'Answers when the job is durable. With an `Idempotency-Key` the same request again returns the same job with status ' +
    '200, however often it is sent.',
  headers: ['Idempotency-Key', 'traceparent', 'tracestate'],
  body: {
    schema: newJob,
    where: 'job',
    elsewhere: { idempotencyKey: 'the header Idempotency-Key' },
  },
  answers: [
    { status: 201, description: 'The job was made.', schema: enqueued, headers: ['Location'] },
    { status: 200, description: 'Its idempotency key or unique key had made it before.', schema: enqueued },
  ],
  problems: refusals,
  handle: async ({ deps, body, headers }) => {
    const idempotencyKey = idempotencyKeyOf(headers.get('idempotency-key'))
    refuseSystemType(deps, body.type)
    const key = idempotencyKey === undefined ? {} : { idempotencyKey }
    const asked = { ...body, ...key, ...contextIn(headers, body.context) } as EnqueueRequest
    const { kind: _, ...answer } = await enqueue(deps, asked)
    return answer.created
      ? { status: 201, body: answer, headers: { location: `/v1/jobs/${answer.id}` } }
      : { status: 200, body: answer }
  },
})

function contextIn(headers: Headers, given: unknown): Pick<EnqueueRequest, 'context'> {
  const context = withTrace(headers, given as JobContext | undefined)
  return context === undefined ? {} : { context }
}

/** Who may enqueue may not start a bulk act: that is for operators. @throws UnknownType */
function refuseSystemType({ runner }: Deps, type: unknown): void {
  if (typeof type === 'string' && isSystemType(type)) throw new UnknownType(type, ownTypes(runner))
}

const maxBatch = 100
const batchRule = `a list of 1 to ${maxBatch} jobs`

const enqueueBatch = route({
  id: 'enqueueJobs',
  method: 'POST',
  path: '/v1/jobs/batch',
  scope: 'write',
  group,
  summary: 'Enqueues up to 100 jobs',
  description:
    'Answers per job, in order: what was made, or the problem with which it alone was refused. A job of the wrong shape ' +
    'refuses the whole request. The idempotency key of each job stands in the job.',
  headers: ['traceparent', 'tracestate'],
  body: {
    schema: v.strictObject(
      { jobs: v.pipe(v.array(newJobOfMany, batchRule), v.minLength(1, batchRule), v.maxLength(maxBatch, batchRule)) },
      'a JSON object',
    ),
    where: 'body',
  },
  answers: [
    {
      status: 200,
      description: 'One entry for each job.',
      schema: v.object({ jobs: v.array(v.union([enqueued, v.object({ problem })])) }),
    },
  ],
  handle: async ({ deps, body, options, headers }) => {
    for (const { type } of body.jobs) refuseSystemType(deps, type)
    const asked = body.jobs.map(one => ({ ...one, ...contextIn(headers, one.context) }) as EnqueueRequest)
    const outcomes = await enqueueMany(deps, asked)
    return { status: 200, body: { jobs: outcomes.map(outcome => entryOf(outcome, options)) } }
  },
})

function entryOf(outcome: EnqueueOutcome, { isTypeListed }: HttpOptions): object {
  if (outcome.kind === 'refused') return { problem: problemOf(outcome.error, '', isTypeListed) }
  const { kind: _, ...answer } = outcome
  return answer
}

const startOneBatch = route({
  id: 'startBatch',
  method: 'POST',
  path: '/v1/batches',
  scope: 'write',
  group,
  summary: 'Enqueues jobs as a group, and one that begins when all have ended',
  description:
    'All are checked before anything is written: the first that is refused refuses the whole, and `detail` begins with its place, ' +
    '`jobs[3]` or `then`. With an `Idempotency-Key` the same request again is the same batch: what is missing of it is made. So ' +
    'send one, for a 503 may come half way. `GET /v1/jobs/{id}/children` shows how many are left, and what became of each.',
  headers: ['Idempotency-Key', 'traceparent', 'tracestate'],
  body: {
    schema: newBatch,
    where: 'batch',
    elsewhere: { idempotencyKey: 'the header Idempotency-Key' },
  },
  answers: [
    {
      status: 201,
      description: 'All of it is there: the jobs, and the one that follows.',
      schema: startedBatch,
      headers: ['Location'],
    },
  ],
  problems: ['unknown_type', 'input_refused', 'job_too_large', 'idempotency_conflict'],
  handle: async ({ deps, body, headers }) => {
    const idempotencyKey = idempotencyKeyOf(headers.get('idempotency-key'))
    const key = idempotencyKey === undefined ? {} : { idempotencyKey }
    const requestIn = ({ type, input, ...options }: (typeof body.jobs)[number]): JobRequest => {
      refuseSystemType(deps, type)
      const given = { ...options, ...contextIn(headers, options.context) } as EnqueueOptions
      return { type, input, options: given, '~checked': true }
    }
    const jobs = body.jobs.map(requestIn)
    // oxlint-disable-next-line unicorn/no-thenable -- the option is called so, and is no function
    const then = body.then === undefined ? {} : { then: requestIn(body.then) }
    // Groups are loaded with the first of them: no cold start reads what only batches need.
    const { startBatch } = await import('../../app/workflow/batch.ts')
    const batch = await startBatch(deps, jobs, { ...key, ...then })
    return { status: 201, body: batch, headers: { location: `/v1/jobs/${batch.id}/children` } }
  },
})

const getOne = route({
  id: 'getJob',
  method: 'GET',
  path: '/v1/jobs/{id}',
  scope: 'read',
  group,
  summary: 'Shows a job',
  description: 'Read consistently: what was answered before is seen.',
  params: jobPath,
  answers: [{ status: 200, description: 'The job as it is now.', schema: job, headers: ['ETag'] }],
  problems: ['not_found'],
  handle: async ({ deps, params, options }) => {
    const found = await getVersioned(deps, jobId(params.id))
    if (found === undefined) throw noJob(params.id)
    const shown = options.isStackShown === true ? found.job : { ...found.job, ...errorWithoutStack(found.job.error) }
    return { status: 200, body: shown, headers: { etag: etagOf(found.version) } }
  },
})

/** Stored errors are what handlers threw, and what other writers of the table put there. */
function errorWithoutStack(error: unknown): { readonly error?: unknown } {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return {}
  const { stack: _, ...shown } = error
  return { error: shown }
}

export const jobRoutes = [enqueueOne, enqueueBatch, startOneBatch, getOne]

/** What an operator does with one job. */
import * as v from 'valibot'
import type { Again, CancelOptions, NotFound, NotPossible, PlaceOutcome, When } from '../../app/operate/operate.ts'
import { Conflict } from '../errors.ts'
import { expectedVersion } from '../etag.ts'
import { type Reply, route } from '../route.ts'
import { placed, when } from '../schemas/job.ts'
import * as values from '../schemas/values.ts'
import { jobId, jobPath, noJob } from './job-path.ts'

const problems = ['not_found', 'conflict', 'precondition_failed'] as const
const headers = ['If-Match'] as const
const shared = { scope: 'operate', group: 'Jobs', params: jobPath, headers, problems } as const
const nothing = { schema: v.strictObject({}, 'an empty JSON object, or nothing'), where: 'body', isOptional: true }

const cancelOne = route({
  ...shared,
  id: 'cancelJob',
  method: 'POST',
  path: '/v1/jobs/{id}/cancel',
  summary: 'Cancels a job',
  description: 'A waiting job ends at once. A running one is asked to stop: its signal aborts, and no attempt follows.',
  body: {
    schema: v.strictObject(
      {
        alsoNext: v.optional(
          v.pipe(v.boolean('true or false'), v.description('Also the job that is to follow it under its unique key.')),
        ),
      },
      'a JSON object',
    ),
    where: 'body',
    isOptional: true,
  },
  answers: [
    {
      status: 200,
      description: 'It was cancelled, or asked to stop.',
      schema: v.object({ id: v.string(), outcome: v.picklist(['cancelled', 'cancelRequested']) }),
    },
  ],
  handle: async call => {
    const id = jobId(call.params.id)
    const { alsoNext = false } = (call.body ?? {}) as CancelOptions
    const outcome = await call.acts.cancel(id, expected(call.headers), { alsoNext })
    if (outcome.kind === 'notFound' || outcome.kind === 'notPossible') throw refusal(id, outcome)
    return { status: 200, body: { id, outcome: outcome.kind } }
  },
})

const place = { status: 200, description: 'Its state now.', schema: placed } as const

const retry = route({
  ...shared,
  id: 'retryJob',
  method: 'POST',
  path: '/v1/jobs/{id}/retry',
  summary: 'Runs a job that has ended again',
  description:
    'With all its attempts, now or at a time. It keeps its id; its `generation` is one more. An `input` takes the place of its own, and is checked as at enqueue.',
  body: {
    schema: v.strictObject({ ...when, input: v.optional(v.unknown()) }, 'a JSON object'),
    where: 'body',
    isOptional: true,
  },
  answers: [place],
  handle: async call => {
    const id = jobId(call.params.id)
    return placedReply(id, await call.acts.retry(id, call.body as Again, expected(call.headers)))
  },
})

const run = route({
  ...shared,
  id: 'runJob',
  method: 'POST',
  path: '/v1/jobs/{id}/run',
  summary: 'Runs a waiting job now',
  body: nothing,
  answers: [place],
  handle: async call => {
    const id = jobId(call.params.id)
    return placedReply(id, await call.acts.run(id, expected(call.headers)))
  },
})

const move = route({
  ...shared,
  id: 'rescheduleJob',
  method: 'POST',
  path: '/v1/jobs/{id}/reschedule',
  summary: 'Gives a waiting job another time',
  description: 'Exactly one of `delay` and `runAt`.',
  body: { schema: v.strictObject(when, 'a JSON object'), where: 'body' },
  answers: [place],
  handle: async call => {
    const id = jobId(call.params.id)
    return placedReply(id, await call.acts.reschedule(id, call.body as When, expected(call.headers)))
  },
})

const deleteOne = route({
  ...shared,
  id: 'deleteJob',
  method: 'DELETE',
  path: '/v1/jobs/{id}',
  summary: 'Removes a job',
  description: 'Not while it runs, and not within five minutes of its enqueue: until then its own put may be repeated.',
  answers: [{ status: 204, description: 'It is gone.' }],
  handle: async call => {
    const id = jobId(call.params.id)
    const outcome = await call.acts.delete(id, expected(call.headers))
    if (outcome.kind !== 'deleted') throw refusal(id, outcome)
    return { status: 204 }
  },
})

const signal = route({
  id: 'signalJob',
  method: 'POST',
  path: '/v1/jobs/{id}/signals/{name}',
  scope: 'operate',
  group: 'Jobs',
  params: v.strictObject({ id: v.string(), name: v.pipe(v.string(), v.description('What the handler waits for.')) }),
  problems: ['not_found', 'conflict', 'signal_refused', 'job_too_large'],
  summary: 'Sends a job what its handler waits for',
  description:
    'Now or later: a job that waits for it goes on. The first one under a name counts; sent again, it does no harm.',
  body: {
    schema: v.strictObject(
      { value: v.optional(v.pipe(values.json, v.description('Any JSON, up to 300 KB. Default: null.'))) },
      'a JSON object',
    ),
    where: 'body',
    isOptional: true,
  },
  answers: [
    {
      status: 200,
      description: '`already`: one had come before, or the time for it was up. What came first stays.',
      schema: v.object({ id: v.string(), outcome: v.picklist(['sent', 'already']) }),
    },
  ],
  handle: async ({ deps, params, body }) => {
    const id = jobId(params.id)
    const { sendSignal } = await import('../late-reads.ts')
    const outcome = await sendSignal(deps, id, params.name, (body as { value?: unknown } | undefined)?.value)
    if (outcome.kind === 'notFound' || outcome.kind === 'notPossible') throw refusal(id, outcome)
    return { status: 200, body: { id, outcome: outcome.kind } }
  },
})

function expected(given: Headers): { readonly version?: string } {
  const version = expectedVersion(given)
  return version === undefined ? {} : { version }
}

function placedReply(id: string, outcome: PlaceOutcome): Reply {
  if (outcome.kind !== 'placed') throw refusal(id, outcome)
  return { status: 200, body: { id, state: outcome.state } }
}

function refusal(id: string, outcome: NotPossible | NotFound): Error {
  return outcome.kind === 'notFound' ? noJob(id) : new Conflict(outcome.why, outcome.state, outcome.possible)
}

export const jobActRoutes = [deleteOne, cancelOne, retry, run, move, signal]

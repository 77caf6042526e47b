/** Queues: look at them, pause and resume one. */
import * as v from 'valibot'
import { getVersionedQueue, listQueues } from '../../app/lookup/queues.ts'
import type { Acts } from '../../app/operate/acts.ts'
import type { ExpectedQueue } from '../../app/operate/control-record.ts'
import type { PauseOptions } from '../../app/operate/queues.ts'
import { leastConcurrency, mostConcurrency } from '../../core/records/concurrency.ts'
import { describedInput, show } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { Conflict, NotFound } from '../errors.ts'
import { etagOf, expectedVersion } from '../etag.ts'
import { type Reply, route } from '../route.ts'
import { queue } from '../schemas/lookup.ts'
import * as values from '../schemas/values.ts'

const group = 'Queues'
const queuePath = v.strictObject({ name: v.string() })
const shown = { status: 200, description: 'The queue.', schema: queue, headers: ['ETag'] } as const

const pausedRule = "false, or an object of why (text of 1 to 256 characters) and for (a duration from '1s' to '366d')"

const concurrencyRule = `a whole number from ${leastConcurrency} to ${mostConcurrency}, which are Lambda's limits of a mapping, or null`

const queueChange = v.strictObject(
  {
    paused: v.optional(
      v.pipe(
        v.union(
          [
            v.literal(false),
            v.strictObject({
              why: v.optional(v.pipe(values.text(1, 256), v.description('For those who look at it later.'))),
              for: v.optional(v.pipe(values.duration, v.description('The queue goes on by itself after this long.'))),
            }),
          ],
          pausedRule,
        ),
        v.description('An object pauses the queue, false resumes it.'),
      ),
    ),
    concurrency: v.optional(
      v.pipe(
        v.nullable(
          v.pipe(
            v.number(concurrencyRule),
            v.integer(concurrencyRule),
            v.minValue(leastConcurrency, concurrencyRule),
            v.maxValue(mostConcurrency, concurrencyRule),
          ),
        ),
        v.description('Batches at the same time, over what the code says; null: what the code says.'),
      ),
    ),
  },
  'a JSON object',
)

const list = route({
  id: 'listQueues',
  method: 'GET',
  path: '/v1/queues',
  scope: 'read',
  group,
  summary: 'Lists the queues with depth, counts and rates',
  answers: [{ status: 200, description: 'All of them.', schema: v.object({ queues: v.array(queue) }) }],
  handle: async ({ deps }) => ({ status: 200, body: { queues: await listQueues(deps) } }),
})

const getOne = route({
  id: 'getQueue',
  method: 'GET',
  path: '/v1/queues/{name}',
  scope: 'read',
  group,
  summary: 'Shows a queue',
  params: queuePath,
  answers: [shown],
  problems: ['not_found'],
  handle: async ({ deps, params }) => queueReply(deps, params.name),
})

const patchOne = route({
  id: 'patchQueue',
  method: 'PATCH',
  path: '/v1/queues/{name}',
  scope: 'operate',
  group,
  summary: 'Pauses, resumes or scales a queue',
  description:
    'A paused queue takes new jobs, and starts none. Runs that have begun end as they would. A deployment leaves the pause ' +
    'alone. To pause a queue that is paused is a conflict: the pause that stands is somebody’s. Exactly one of `paused` and ' +
    '`concurrency`.',
  params: queuePath,
  headers: ['If-Match'],
  body: { schema: queueChange, where: 'body' },
  answers: [shown],
  problems: ['not_found', 'conflict', 'precondition_failed'],
  handle: async ({ deps, acts, params: { name }, headers, body }) => {
    await change(acts, name, body, expectedQueue(headers))
    return queueReply(deps, name)
  },
})

/** @throws InvalidInput, NotFound, Conflict, PreconditionFailed */
async function change(
  acts: Acts,
  name: string,
  { paused, concurrency }: v.InferOutput<typeof queueChange>,
  expected: ExpectedQueue,
): Promise<void> {
  if ((paused === undefined) === (concurrency === undefined)) {
    const given = paused === undefined ? 'without paused and concurrency' : 'given both paused and concurrency'
    throw describedInput('body', given, 'exactly one of paused and concurrency')
  }
  if (concurrency !== undefined) return scale(acts, name, concurrency, expected)
  const outcome =
    paused === false ? await acts.resume(name, expected) : await acts.pause(name, paused as PauseOptions, expected)
  if (outcome.kind === 'notFound') throw noQueue(name)
  if (outcome.kind !== 'already' || outcome.pause === undefined) return
  const { by: whose, at } = outcome.pause
  throw new Conflict(`queue ${show(name)} is paused since ${formatInstant(at)} by ${show(whose)}`, 'PAUSED', ['resume'])
}

async function scale(acts: Acts, name: string, concurrency: number | null, expected: ExpectedQueue): Promise<void> {
  const outcome = await acts.scale(name, { concurrency }, expected)
  if (outcome.kind === 'notFound') throw noQueue(name)
  if (outcome.kind === 'notDeployed') {
    throw new Conflict(`the deployed code has no queue ${show(name)}: nothing takes its messages`, 'GONE', [])
  }
}

function expectedQueue(headers: Headers): ExpectedQueue {
  const version = expectedVersion(headers)
  return version === undefined ? {} : { version }
}

const noQueue = (name: string): NotFound => new NotFound(`there is no queue ${show(name)}`)

async function queueReply(deps: Deps, name: string): Promise<Reply> {
  const found = await getVersionedQueue(deps, name)
  if (found === undefined) throw noQueue(name)
  return { status: 200, body: found.queue, headers: { etag: etagOf(found.version) } }
}

export const queueRoutes = [list, getOne, patchOne]

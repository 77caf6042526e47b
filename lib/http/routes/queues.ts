/** Queues: look at them, pause and resume one. */
import * as v from 'valibot'
import type { GatesOptions } from '../../app/lookup/gates.ts'
import { getVersionedQueue, listQueues } from '../../app/lookup/queues.ts'
import type { Acts } from '../../app/operate/acts.ts'
import type { ExpectedQueue } from '../../app/operate/control-record.ts'
import type { PauseOptions } from '../../app/operate/queues.ts'
import type { Limit } from '../../core/definition/contract.ts'
import { leastConcurrency, mostConcurrency } from '../../core/records/concurrency.ts'
import { describedInput, show } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { Conflict, NotFound } from '../errors.ts'
import { etagOf, expectedVersion } from '../etag.ts'
import { type Reply, route } from '../route.ts'
import { gate, gateWithLine, queue } from '../schemas/lookup.ts'
import * as values from '../schemas/values.ts'

const group = 'Queues'
const queuePath = v.strictObject({ name: v.string() })
const shown = { status: 200, description: 'The queue.', schema: queue, headers: ['ETag'] } as const

const pausedRule = "false, or an object of why (text of 1 to 256 characters) and for (a duration from '1s' to '366d')"

const concurrencyRule = `a whole number from ${leastConcurrency} to ${mostConcurrency}, which are Lambda's limits of a mapping, or null`

const whole = (least: number, most: number) => {
  const rule = `a whole number from ${least} to ${most}`
  return v.pipe(v.number(rule), v.integer(rule), v.minValue(least, rule), v.maxValue(most, rule))
}

const limitRule = 'an object of concurrency, rate, or both; or null'

/** What a rate allows is checked once more, together: `count` and `per` belong to each other. */
const limitChange = v.nullable(
  v.strictObject(
    {
      concurrency: v.optional(v.pipe(whole(1, 100), v.description('Jobs that run at the same time.'))),
      rate: v.optional(
        v.strictObject({
          count: v.pipe(whole(1, 100_000), v.description('Starts in a `per`; at most 100 a second.')),
          per: v.pipe(values.duration, v.description('1s to 7d.')),
          burst: v.optional(v.pipe(whole(1, 10_000), v.description('Starts that may happen at once. Default: 1.'))),
        }),
      ),
    },
    limitRule,
  ),
)

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
    limit: v.optional(
      v.pipe(
        limitChange,
        v.description(
          'Jobs of the whole queue at the same time, 1 included, and starts in a time; null: as the code says.',
        ),
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

const gates = route({
  id: 'listGates',
  method: 'GET',
  path: '/v1/queues/{name}/gates',
  scope: 'read',
  group,
  summary: 'Lists the gates of a queue at which jobs wait',
  description: 'A gate is what a limit makes of a key, or of the whole queue: who holds its places, how many wait.',
  params: queuePath,
  query: v.strictObject({ limit: v.optional(values.limit), cursor: v.optional(values.cursor) }),
  answers: [
    {
      status: 200,
      description: 'A page of them, by `since`; `next` is absent after the last.',
      schema: v.object({ gates: v.array(gate), next: v.optional(v.string()) }),
    },
  ],
  problems: ['not_found'],
  handle: async ({ deps, params: { name }, query }) => {
    const { listGates } = await import('../late-reads.ts')
    const page = await listGates(deps, name, query as GatesOptions)
    if (page === undefined) throw noQueue(name)
    return { status: 200, body: page }
  },
})

const getGate = route({
  id: 'getGate',
  method: 'GET',
  path: '/v1/queues/{name}/line',
  scope: 'read',
  group,
  summary: 'Shows a gate, and the first jobs in its line',
  description: 'Also where nobody waits.',
  params: queuePath,
  query: v.strictObject({
    gate: v.pipe(values.text(1, 400), v.description('As lists and jobs have it: `sync/a42`, `/mails`.')),
    limit: v.optional(values.limit),
  }),
  answers: [{ status: 200, description: 'The gate.', schema: gateWithLine }],
  problems: ['not_found'],
  handle: async ({ deps, params: { name }, query: { gate: asked, ...options } }) => {
    const late = await import('../late-reads.ts')
    const found = await late.getGate(deps, name, asked, options as GatesOptions)
    if (found === undefined)
      throw new NotFound(`no job has passed a gate ${show(asked)} of queue ${show(name)} in 30 days`)
    return { status: 200, body: found }
  },
})

const patchOne = route({
  id: 'patchQueue',
  method: 'PATCH',
  path: '/v1/queues/{name}',
  scope: 'operate',
  group,
  summary: 'Pauses, resumes, scales or limits a queue',
  description:
    'A paused queue takes new jobs, and starts none. Runs that have begun end as they would. A deployment leaves the pause ' +
    'alone. To pause a queue that is paused is a conflict: the pause that stands is somebody’s. A limit holds for jobs that ' +
    'wait already; it is a conflict where jobs of the queue have limits of their own. Exactly one of `paused`, ' +
    '`concurrency` and `limit`.',
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
  { paused, concurrency, limit }: v.InferOutput<typeof queueChange>,
  expected: ExpectedQueue,
): Promise<void> {
  const given = Object.entries({ paused, concurrency, limit }).flatMap(([field, value]) =>
    value === undefined ? [] : [field],
  )
  if (given.length !== 1) {
    const found = given.length === 0 ? 'without paused, concurrency and limit' : `given ${given.join(' and ')}`
    throw describedInput('body', found, 'exactly one of paused, concurrency and limit')
  }
  if (concurrency !== undefined) return scale(acts, name, concurrency, expected)
  if (limit !== undefined) return setLimit(acts, name, limit as Limit | null, expected)
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
  if (outcome.kind === 'notDeployed') throw gone(name)
}

async function setLimit(acts: Acts, name: string, limit: Limit | null, expected: ExpectedQueue): Promise<void> {
  const outcome = await acts.limit(name, { limit }, expected)
  if (outcome.kind === 'notFound') throw noQueue(name)
  if (outcome.kind === 'notDeployed') throw gone(name)
  if (outcome.kind === 'limitedByType') {
    const types = outcome.types.map(type => show(type)).join(', ')
    throw new Conflict(
      `a job has one limit, and these types of the queue have their own: ${types}`,
      'LIMITED_BY_TYPE',
      [],
    )
  }
}

const gone = (name: string): Conflict =>
  new Conflict(`the deployed code has no queue ${show(name)}: nothing takes its messages`, 'GONE', [])

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

export const queueRoutes = [list, getOne, gates, getGate, patchOne]

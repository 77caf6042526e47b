/** How the whole runner is, and what happens in it. */
import * as v from 'valibot'
import { type ChangeOptions, maxWaitSeconds, readChanges } from '../../app/lookup/changes.ts'
import { route } from '../route.ts'
import * as schemas from '../schemas/lookup.ts'
import * as values from '../schemas/values.ts'

const health = route({
  id: 'getHealth',
  method: 'GET',
  path: '/v1/health',
  scope: 'read',
  group: 'Overview',
  summary: 'Says how the runner is, and why',
  description:
    'What the alarms would say, from the tables alone. Status 200 whatever the verdict. Some 25 read units a queue.',
  answers: [{ status: 200, description: 'The verdict.', schema: schemas.health }],
  handle: async ({ deps }) => {
    const { readHealth } = await import('../late-reads.ts')
    return { status: 200, body: await readHealth(deps) }
  },
})

const overview = route({
  id: 'readOverview',
  method: 'GET',
  path: '/v1/overview',
  scope: 'read',
  group: 'Overview',
  summary: 'Shows how the runner is, what fails most, and what starts next',
  description:
    'What the first page of the dashboard asks for. Some 35 read units a queue, and one for each four groups of errors.',
  answers: [{ status: 200, description: 'All three.', schema: schemas.overview }],
  handle: async ({ deps }) => {
    const { readOverview } = await import('../late-reads.ts')
    return { status: 200, body: await readOverview(deps) }
  },
})

const changes = route({
  id: 'listChanges',
  method: 'GET',
  path: '/v1/changes',
  scope: 'read',
  group: 'Overview',
  summary: 'Waits for what happens to jobs',
  description:
    'A long poll: it answers as soon as there is something, else after `wait` seconds. Samples, as `isSampled` says. ' +
    'The local stack shows every change, at once; with `Accept: text/event-stream` as a stream of events.',
  query: v.strictObject({
    after: v.optional(v.pipe(values.cursor, v.description('`next` of the answer before. Default: from now on.'))),
    queue: v.optional(values.text(1, 256)),
    wait: v.optional(v.pipe(values.wholeNumberText(0, maxWaitSeconds), v.description('Seconds. Default: 20.'))),
  }),
  answers: [{ status: 200, description: 'What happened.', schema: schemas.changes }],
  handle: async ({ deps, query }) => ({ status: 200, body: await readChanges(deps, query as ChangeOptions) }),
})

export const overviewRoutes = [health, overview, changes]

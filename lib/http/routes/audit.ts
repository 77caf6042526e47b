/** Who did what. */
import * as v from 'valibot'
import type { AuditOptions } from '../../core/lookup/audit-filter.ts'
import { maxActorLength } from '../../core/records/audit.ts'
import { route } from '../route.ts'
import * as values from '../schemas/values.ts'

const name = v.optional(values.text(1, maxActorLength))
const bound = v.optional(values.instantGiven('ISO 8601 text with a zone, such as 2027-01-01T00:00:00Z'))

const audited = v.object({
  at: values.instant,
  actor: v.pipe(
    v.string(),
    v.description('An ARN, the subject of a token, what a client says of itself; `anonymous`, `local`.'),
  ),
  act: v.string(),
  job: v.optional(v.string()),
  type: v.optional(v.string()),
  queue: v.optional(v.string()),
  schedule: v.optional(v.string()),
  bulk: v.optional(v.string()),
  options: v.optional(v.pipe(v.unknown(), v.description('What was asked for, without inputs.'))),
})

const list = route({
  id: 'listAudit',
  method: 'GET',
  path: '/v1/audit',
  scope: 'read',
  group: 'Audit',
  summary: 'Lists who did what, the newest act first',
  description: 'Acts that changed something, kept for 90 days. Without `from`: a week.',
  query: v.strictObject({
    from: bound,
    to: bound,
    job: name,
    queue: name,
    schedule: name,
    actor: name,
    limit: v.optional(values.limit),
    cursor: v.optional(values.cursor),
  }),
  answers: [
    {
      status: 200,
      description: 'A page; `next` is absent after the last.',
      schema: v.object({
        acts: v.array(audited),
        looked: v.pipe(v.number(), v.description('Records read for this page: a filter may match few.')),
        next: v.optional(v.string()),
      }),
    },
  ],
  handle: async ({ deps, query }) => {
    const { listAudit } = await import('../late-reads.ts')
    return { status: 200, body: await listAudit(deps, query as AuditOptions) }
  },
})

export const auditRoutes = [list]

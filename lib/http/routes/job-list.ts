/** Lists of jobs. */
import * as v from 'valibot'
import { summaryOf } from '../../app/lookup/job-summary.ts'
import { type JobPage, listJobs } from '../../app/lookup/list-jobs.ts'
import { jobStates } from '../../core/job/job.ts'
import { type ListOptions, phases } from '../../core/lookup/job-filter.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import { route } from '../route.ts'
import { jobSummary } from '../schemas/job.ts'
import * as values from '../schemas/values.ts'

const filterText = v.optional(values.text(1, 256))
const bound = v.optional(values.instantGiven('ISO 8601 text with a zone, such as 2027-01-01T00:00:00Z'))

const query = v.strictObject({
  queue: filterText,
  phase: v.optional(
    v.pipe(
      values.oneOf(phases),
      v.description('`live`: jobs that have not ended. Default: that of `state`, else live.'),
    ),
  ),
  state: v.optional(values.oneOf(jobStates)),
  type: filterText,
  tag: filterText,
  parked: v.optional(
    v.pipe(
      values.oneOf(['true']),
      v.description('Of live jobs: those in line, at a gate or until their queue has room.'),
    ),
  ),
  why: v.optional(
    v.pipe(values.text(1, 256), v.description('Of failed jobs: name and fingerprint of the error, or the name alone.')),
  ),
  from: bound,
  to: bound,
  order: v.optional(
    v.pipe(values.oneOf(['newest', 'oldest']), v.description('Default: newest; of live jobs oldest, as they are due.')),
  ),
  limit: v.optional(values.limit),
  cursor: v.optional(values.cursor),
  id: v.optional(
    v.pipe(values.text(1, 256), v.description('That job alone: for ids that a path cannot hold. With nothing else.')),
  ),
})

const list = route({
  id: 'listJobs',
  method: 'GET',
  path: '/v1/jobs',
  scope: 'read',
  group: 'Jobs',
  summary: 'Lists jobs by queue, phase, state, type, tag, error and time',
  description:
    'Without input and result. What is shown is as the jobs are now; the index behind the list is up to a second late. ' +
    'A page looks at up to 2,000 rows (`looked`), 1,000 with `state`, `tag` or `parked`: it can be short, or empty, and still have a `next`.',
  query,
  answers: [
    {
      status: 200,
      description: 'A page; `next` is absent after the last.',
      schema: v.object({ jobs: v.array(jobSummary), looked: v.number(), next: v.optional(v.string()) }),
    },
  ],
  handle: async ({ deps, query: { id, parked, ...others } }) => {
    const options = { ...others, ...(parked === undefined ? {} : { parked: true as const }) }
    const page = id === undefined ? await listJobs(deps, options as ListOptions) : await pageOfOne(deps, id, options)
    return { status: 200, body: page }
  },
})

async function pageOfOne(deps: Deps, id: string, others: object): Promise<JobPage> {
  const [other] = Object.keys(others)
  if (other !== undefined) throw new InvalidInput(`id and ${other}`, 'given together', 'id alone', 'are both given')
  const [job] = await deps.store.get([id])
  return { jobs: job === undefined ? [] : [summaryOf(job)], looked: 1, next: undefined }
}

export const jobListRoutes = [list]

import * as v from 'valibot'
import { jobActs } from '../../core/job/acts.ts'
import { jobStates } from '../../core/job/job.ts'
import { phases } from '../../core/lookup/job-filter.ts'
import { bulkKinds } from '../../core/records/bulk.ts'
import * as values from './values.ts'

const filterText = v.optional(values.text(1, 256))
const instant = values.instantGiven('an instant: ISO 8601 text with a zone, such as 2027-01-31T09:00:00Z')
const rate = v.optional(v.pipe(values.wholeNumber(1, 1_000), v.description('Jobs a second. Default: 50.')))

/** What `POST /v1/bulk` takes. */
export const newBulk = v.strictObject(
  {
    action: values.oneOf(jobActs),
    filter: v.optional(
      v.pipe(
        v.strictObject(
          {
            queue: filterText,
            phase: v.optional(values.oneOf(phases)),
            state: v.optional(values.oneOf(jobStates)),
            type: filterText,
            tag: filterText,
            parked: v.optional(v.pipe(v.literal(true, 'true'), v.description('Those in line.'))),
            why: filterText,
            from: v.optional(instant),
            to: v.optional(instant),
          },
          'a JSON object',
        ),
        v.description(
          'As for lists. `delete` needs a phase or a state. Default: failed jobs for retry, else live ones.',
        ),
      ),
    ),
    rate,
    max: v.optional(v.pipe(values.wholeNumber(1, 10_000_000), v.description('Ends after so many jobs. Default: all.'))),
    dryRun: v.optional(v.pipe(values.bool, v.description('Counts what matches, and does nothing.'))),
    delay: v.optional(values.duration),
    runAt: v.optional(instant),
  },
  'a JSON object',
)

/** What a backfill takes. */
export const newBackfill = v.strictObject(
  {
    from: v.pipe(instant, v.description('The first instant, included.')),
    to: v.pipe(instant, v.description('The last instant, included; not in the future.')),
    again: v.optional(v.pipe(values.bool, v.description('Occurrences that have a job get a second one.'))),
    rate,
    dryRun: v.optional(
      v.pipe(values.bool, v.description('Counts the occurrences and those that have their job; enqueues nothing.')),
    ),
  },
  'a JSON object',
)

/** A bulk act or a backfill, as it stands. */
export const bulk = v.object({
  id: v.string(),
  action: v.picklist(bulkKinds),
  state: v.optional(v.pipe(v.picklist(jobStates), v.description('Of its job. COMPLETED: all is done.'))),
  request: v.pipe(v.unknown(), v.description('What was asked for, with all defaults.')),
  counts: v.object({
    matched: v.number(),
    done: v.number(),
    already: v.pipe(v.number(), v.description('Moved before their turn came.')),
    gone: v.pipe(v.number(), v.description('Deleted before their turn came.')),
    refused: v.pipe(v.record(v.string(), v.number()), v.description('Why, and how many.')),
  }),
  refusedIds: v.pipe(v.array(v.string()), v.description('The first 50.')),
  madeAt: values.instant,
  endedAt: v.optional(values.instant),
})

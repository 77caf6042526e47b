/** Schedules, as requests ask for them and as answers show them. */
import * as v from 'valibot'
import { overlaps } from '../../core/schedule/definition.ts'
import { state } from './job.ts'
import * as values from './values.ts'

const instantRule = 'an instant: ISO 8601 text with a zone, such as 2027-01-31T09:00:00Z'
const instantText = values.instantGiven(instantRule)
const misfireRule = "'skip', 'latest' or { all: 1 to 1000, within?: a duration }"
const enqueueRule = 'an object of maxAttempts, priority, tags, notify'

const enqueueOptions = v.strictObject(
  {
    maxAttempts: v.optional(values.maxAttempts),
    priority: v.optional(values.priority),
    tags: v.optional(values.tags),
    notify: v.optional(values.json),
  },
  enqueueRule,
)

const misfire = v.union(
  [
    v.picklist(['skip', 'latest']),
    v.strictObject({ all: values.wholeNumber(1, 1_000), within: v.optional(values.duration) }),
  ],
  misfireRule,
)

/** When, and how: what a preview takes, and without `type` all that there is to say. */
export const scheduleOptions = {
  cron: v.optional(
    v.pipe(
      v.string('a cron expression, such as 30 2 * * *'),
      v.description('5 fields, or 6 with the second first. Exactly one of `cron`, `every` and `at`.'),
    ),
  ),
  timezone: v.optional(
    v.pipe(v.string('an IANA zone such as Europe/Berlin'), v.description('An IANA zone or an offset. Default: UTC.')),
  ),
  gap: v.optional(v.pipe(values.oneOf(['skip', 'next']), v.description('A time that a clock change skips.'))),
  repeat: v.optional(
    v.pipe(values.oneOf(['first', 'second', 'both']), v.description('A time that a clock change repeats.')),
  ),
  every: v.optional(v.pipe(values.duration, v.description('Elapsed time between occurrences, 1 s to 366 d.'))),
  anchor: v.optional(v.pipe(instantText, v.description('With `every`: an instant to count from.'))),
  at: v.optional(v.pipe(instantText, v.description('Once, at this instant.'))),
  misfire: v.optional(v.pipe(misfire, v.description('Occurrences that nobody fired in time. Default: latest.'))),
  overlap: v.optional(
    v.pipe(
      values.oneOf(overlaps),
      v.description('While the job of the occurrence before has not ended. Default: allow.'),
    ),
  ),
  jitter: v.optional(v.pipe(values.duration, v.description('Each occurrence starts up to this much later, 0 to 1 h.'))),
  startAt: v.optional(v.pipe(instantText, v.description('No occurrence before this instant.'))),
  endAt: v.optional(v.pipe(instantText, v.description('No occurrence at or after this instant.'))),
  times: v.optional(v.pipe(values.wholeNumber(1, 1_000_000_000), v.description('It ends after so many occurrences.'))),
  paused: v.optional(v.pipe(values.bool, v.description('Made, but not firing.'))),
  enqueue: v.optional(v.pipe(enqueueOptions, v.description('How its jobs are enqueued.'))),
}

const typeRule = 'the name of a registered job type'

/** What `PUT /v1/schedules/{name}` takes. */
export const newSchedule = v.strictObject(
  {
    type: v.pipe(v.string(typeRule), v.description('The type of the jobs that it enqueues.')),
    input: v.pipe(values.json, v.description('The input of each of them.')),
    ...scheduleOptions,
  },
  'a JSON object',
)

export const previewRow = v.object({
  at: values.instant,
  local: v.pipe(v.string(), v.description('What a clock in the zone shows, with its offset.')),
  note: v.optional(
    v.pipe(v.string(), v.description('What a clock change does to this time, or to those right before.')),
  ),
})

export const preview = v.object({
  description: v.pipe(v.string(), v.description('When it is due, in words.')),
  next: v.array(previewRow),
})

export const schedule = v.object({
  name: v.string(),
  type: v.string(),
  owner: v.pipe(v.picklist(['code', 'api']), v.description('`code`: a deployment defines it.')),
  status: v.picklist(['ACTIVE', 'PAUSED', 'ENDED', 'REMOVED']),
  description: v.pipe(v.string(), v.description('When it is due, in words.')),
  cron: v.optional(v.string()),
  gap: v.optional(v.picklist(['skip', 'next'])),
  repeat: v.optional(v.picklist(['first', 'second', 'both'])),
  every: v.optional(v.string()),
  anchor: v.optional(values.instant),
  at: v.optional(values.instant),
  timezone: v.string(),
  input: v.optional(v.pipe(v.unknown(), v.description('Absent where a function in the code makes it.'))),
  misfire: v.union([v.picklist(['skip', 'latest']), v.object({ all: v.number(), within: v.optional(v.string()) })]),
  overlap: v.picklist(overlaps),
  jitter: v.string(),
  startAt: v.optional(values.instant),
  endAt: v.optional(values.instant),
  times: v.optional(v.number()),
  enqueue: v.object({
    maxAttempts: v.optional(v.number()),
    priority: v.optional(v.number()),
    tags: v.optional(v.array(v.string())),
    notify: v.optional(v.unknown()),
  }),
  nextAt: v.optional(values.instant),
  lastAt: v.optional(values.instant),
  lastJob: v.optional(v.pipe(v.string(), v.description('Id of its newest job.'))),
  fired: v.pipe(v.number(), v.description('Occurrences fired so far.')),
  lastError: v.optional(v.pipe(v.string(), v.description('Why it could not be fired at the last try.'))),
  pausedBy: v.optional(v.string()),
  pausedAt: v.optional(values.instant),
  madeAt: values.instant,
  version: v.pipe(v.number(), v.description('Raised by each change of the schedule, not by firing.')),
  next: v.pipe(v.array(previewRow), v.description('The next three occurrences. Empty unless it is ACTIVE.')),
})

export const occurrence = v.object({
  at: values.instant,
  id: v.pipe(v.string(), v.description('Of its job.')),
  state: v.optional(state),
  startedAt: v.optional(values.instant),
})

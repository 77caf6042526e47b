/** Jobs, as requests ask for them and as answers show them. */
import * as v from 'valibot'
import { runAtRule } from '../../app/enqueue/prepare.ts'
import { startByRule } from '../../core/job/enqueue-options.ts'
import { jobStates } from '../../core/job/job.ts'
import { maxChildren, maxIdempotencyKeyLength } from '../../core/values/times.ts'
import * as values from './values.ts'

export const state = v.picklist(jobStates)

const typeRule = 'the name of a registered job type'

export const when = {
  delay: v.optional(values.duration),
  runAt: v.optional(values.instantGiven(runAtRule)),
}

const contextRule = 'an object with traceparent, tracestate and baggage, at most 512 bytes as JSON'
const traceRule = 'text, as the header of W3C Trace Context'
const baggageRule = 'an object of texts'

/** The core checks the form of a trace, and the length of all. */
const context = v.pipe(
  v.strictObject(
    {
      traceparent: v.optional(v.string(traceRule)),
      tracestate: v.optional(v.string(traceRule)),
      baggage: v.optional(v.record(v.string(), v.string('text'), baggageRule)),
    },
    contextRule,
  ),
  v.description(
    'The trace that causes the job, and texts for its handler: `traceparent`, `tracestate`, `baggage`. At most 512 bytes. ' +
      'Without a trace, the headers’ is taken; `{}` is none.',
  ),
)

const asked = {
  type: v.pipe(v.string(typeRule), v.description('The name of a registered job type.')),
  input: v.pipe(values.json, v.description('Any JSON that the type’s schema takes.')),
  ...when,
  startBy: v.optional(
    v.pipe(
      v.string(startByRule),
      v.description(
        'No attempt starts after this: a duration after the job is due, or an instant, ISO 8601 with a zone.',
      ),
    ),
  ),
  maxAttempts: v.optional(values.maxAttempts),
  priority: v.optional(values.priority),
  tags: v.optional(values.tags),
  unique: v.optional(
    v.pipe(
      v.strictObject(
        {
          key: v.optional(values.text(1, maxIdempotencyKeyLength)),
          until: v.optional(v.picklist(['done', 'started'])),
          window: v.optional(values.duration),
          onConflict: v.optional(v.picklist(['return', 'refuse', 'replace', 'again'])),
          maxWait: v.optional(values.duration),
        },
        'a JSON object',
      ),
      v.description('One job for each key at a time, and what a second one does. Adds to what the type says.'),
    ),
  ),
  notify: v.optional(v.pipe(values.json, v.description('Handed on with the job’s events. At most 1,024 bytes.'))),
  context: v.optional(context),
}

/** What `POST /v1/jobs` takes. */
export const newJob = v.strictObject(asked, 'a JSON object')

/** As `newJob`; its key stands in the body, for a header holds one key only. */
export const newJobOfMany = v.strictObject(
  { ...asked, idempotencyKey: v.optional(values.text(1, maxIdempotencyKeyLength)) },
  'a JSON object',
)

const batchRule = `a list of 1 to ${maxChildren} jobs`
const { unique: _unique, ...member } = asked
const { delay: _delay, runAt: _runAt, ...follower } = member

/** What `POST /v1/batches` takes. */
export const newBatch = v.strictObject(
  {
    jobs: v.pipe(
      v.array(v.strictObject(member, 'a JSON object'), batchRule),
      v.minLength(1, batchRule),
      v.maxLength(maxChildren, batchRule),
      v.description('They begin at once, each by its own time. Not unique, and without keys of their own.'),
    ),
    // oxlint-disable-next-line unicorn/no-thenable -- the client's option is called so, and is no function
    then: v.optional(
      v.pipe(
        v.strictObject(follower, 'a JSON object'),
        v.description('Begins once all of the jobs have ended, however they ended. Without it nothing follows.'),
      ),
    ),
  },
  'a JSON object',
)

export const startedBatch = v.object({
  id: v.pipe(
    v.string(),
    v.description('Of the batch: `GET /v1/jobs/{id}/children` lists its jobs. The job that follows has the same id.'),
  ),
  of: v.pipe(v.number(), v.description('How many jobs it has.')),
})

export const enqueued = v.object({
  id: v.string(),
  state,
  created: v.pipe(v.boolean(), v.description('False: its idempotency key or unique key had made this job before.')),
  action: v.optional(
    v.pipe(
      v.picklist(['created', 'existing', 'replaced', 'queuedBehind']),
      v.description('What became of a unique job.'),
    ),
  ),
  generation: v.optional(v.pipe(v.number(), v.description('Of a unique job: in which it runs, or has run.'))),
})

export const jobError = v.object({
  name: v.string(),
  message: v.string(),
  stack: v.optional(v.pipe(v.string(), v.description('Only where the deployment shows stacks.'))),
})

const shown = {
  id: v.string(),
  type: v.string(),
  queue: v.string(),
  state: v.pipe(v.string(), v.description(`One of ${jobStates.join(', ')}; a later release may store another.`)),
  attempt: v.pipe(v.number(), v.description('Starts so far.')),
  maxAttempts: v.number(),
  crashes: v.pipe(v.number(), v.description('Runs that ended without an outcome.')),
  snoozes: v.number(),
  generation: v.pipe(v.number(), v.description('Raised by each retry of a job that has ended.')),
  priority: v.number(),
  tags: v.array(v.string()),
  progress: v.optional(v.pipe(v.number(), v.description('0 to 100.'))),
  tenant: v.optional(v.pipe(v.string(), v.description('For whom it runs, as its type’s `tenant` said.'))),
  schedule: v.optional(v.string()),
  occurrence: v.optional(values.instant),
  code: v.optional(v.pipe(v.string(), v.description('Why it is CANCELLED, where nobody cancelled it.'))),
  onFailed: v.optional(
    v.pipe(v.string(), v.description('Id of the job that its type’s `onFailed` made of its failure.')),
  ),
  failureOf: v.optional(
    v.pipe(
      v.object({ id: v.string(), generation: v.number() }),
      v.description('The failed job that this one follows.'),
    ),
  ),
  gate: v.optional(
    v.pipe(v.string(), v.description('`<type>/<key>`, or `/<queue>`: each of its starts must pass this limit.')),
  ),
  parked: v.optional(
    v.pipe(values.instant, v.description('Since when it waits in line: at its gate, or until its queue has room.')),
  ),
  scheduledAt: values.instant,
  startBy: v.optional(v.pipe(values.instant, v.description('No attempt starts after this.'))),
  insertedAt: values.instant,
  startedAt: v.optional(values.instant),
  finishedAt: v.optional(values.instant),
  leaseUntil: v.optional(values.instant),
  cancelRequestedAt: v.optional(values.instant),
}

export const job = v.object({
  ...shown,
  input: v.unknown(),
  result: v.optional(v.unknown()),
  error: v.optional(jobError),
  notify: v.optional(v.unknown()),
  context: v.optional(
    v.pipe(
      v.object({
        traceparent: v.optional(v.string()),
        tracestate: v.optional(v.string()),
        baggage: v.optional(v.record(v.string(), v.string())),
      }),
      v.description('The trace that caused it, and what its handler sees as `ctx.context.baggage`.'),
    ),
  ),
  next: v.optional(
    v.pipe(
      v.object({
        input: v.optional(v.pipe(v.unknown(), v.description('Absent where it lies in a record of its own.'))),
        insertedAt: values.instant,
        scheduledAt: values.instant,
      }),
      v.description('The job that begins under this id once this one has ended: its unique key was asked for again.'),
    ),
  ),
})

/** A job in a list. */
export const jobSummary = v.object({
  ...shown,
  error: v.optional(v.object({ name: v.string(), message: v.string() })),
  why: v.optional(v.pipe(v.string(), v.description('Name and fingerprint of the error of a FAILED job.'))),
})

/** What an act answers that gave the job another place. */
export const placed = v.object({ id: v.string(), state })

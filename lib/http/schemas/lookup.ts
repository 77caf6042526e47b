/** What answers tell about queues, types, runs and failures. */
import * as v from 'valibot'
import { flowCounts } from '../../core/history/flow.ts'
import { changeKinds } from '../../core/lookup/change-feed.ts'
import { healthCodes } from '../../core/lookup/health.ts'
import { reasonCodes } from '../../core/lookup/reason-codes.ts'
import { jobError } from './job.ts'
import * as values from './values.ts'

const count = v.number()
const stateCounts = v.record(v.string(), count)
const quantiles = v.object({ p50: v.optional(count), p95: v.optional(count), p99: v.optional(count) })
const milliseconds = v.pipe(quantiles, v.description('In milliseconds, off by 20 % at most.'))

export const run = v.object({
  generation: v.number(),
  attempt: v.number(),
  outcome: v.string(),
  type: v.string(),
  queue: v.string(),
  startedAt: v.optional(values.instant),
  endedAt: v.optional(values.instant),
  runMs: v.optional(v.pipe(v.number(), v.description('Absent of a run that crashed.'))),
  error: v.optional(jobError),
})

export const step = v.object({
  name: v.string(),
  kind: v.pipe(
    v.picklist(['step', 'version', 'sleep', 'wait', 'signal', 'children', 'joined']),
    v.description(
      '`wait`: until when the signal of that name is waited for. `children`: the jobs of that name are there, and waited for; `joined`: all have ended.',
    ),
  ),
  at: values.instant,
  value: v.optional(v.pipe(v.unknown(), v.description('What a step returned, or a signal brought.'))),
  bytes: v.optional(v.pipe(count, v.description('Of a value in the bucket, which is not shown: its size as JSON.'))),
  key: v.optional(v.pipe(v.string(), v.description('Its key in the bucket.'))),
  error: v.optional(jobError),
  until: v.optional(v.pipe(values.instant, v.description('Of a sleep and of a wait: its end.'))),
  of: v.optional(v.pipe(count, v.description('Of children: how many.'))),
  isLate: v.optional(v.pipe(v.literal(true), v.description('Of a signal: the time was up before one came.'))),
})

const group = v.object({
  name: v.string(),
  of: count,
  left: v.pipe(count, v.description('Those that have not ended, as far as the recorder has come.')),
})

const child = v.object({
  group: v.string(),
  index: v.pipe(count, v.description('Its place in the group, from 0.')),
  id: v.string(),
  state: v.optional(v.pipe(v.string(), v.description('Absent of one that is not there: not yet, or not any more.'))),
  outcome: v.optional(v.picklist(['completed', 'failed', 'cancelled', 'gone'])),
  result: v.optional(v.unknown()),
  error: v.optional(jobError),
})

export const childPage = v.object({
  id: v.string(),
  groups: v.array(group),
  children: v.array(child),
  next: v.optional(v.pipe(v.string(), v.description('The `cursor` of the next page; absent on the last.'))),
})

export const explanation = v.object({
  id: v.string(),
  state: v.string(),
  reasons: v.pipe(
    v.array(
      v.object({
        code: v.picklist(reasonCodes),
        text: v.string(),
        until: v.optional(v.string()),
        todo: v.optional(v.string()),
        gate: v.optional(
          v.pipe(v.string(), v.description('Of `limit` and `rate`: `<type>/<key>`; `/<queue>` of a whole queue.')),
        ),
        heldBy: v.optional(v.pipe(v.array(v.string()), v.description('Jobs that hold its places.'))),
        ahead: v.optional(v.pipe(count, v.description('Jobs ahead in its line.'))),
      }),
    ),
    v.description('Every reason that holds; the first is the answer.'),
  ),
})

const limit = {
  concurrency: v.optional(v.pipe(count, v.description('Jobs that run at the same time.'))),
  rate: v.optional(
    v.pipe(
      v.object({ count, per: v.string(), burst: v.optional(count) }),
      v.description('Starts: `count` in a `per`, of which `burst` at once.'),
    ),
  ),
}

const gateFields = {
  gate: v.pipe(v.string(), v.description('`<type>/<key>`; `/<queue>` of a whole queue.')),
  type: v.optional(v.string()),
  key: v.optional(v.string()),
  limit: v.optional(
    v.pipe(v.object(limit), v.description('What holds now. Absent: nothing any more, and whoever waits goes.')),
  ),
  since: v.optional(v.pipe(values.instant, v.description('Since when somebody has waited. Absent: nobody does.'))),
  held: v.pipe(
    v.array(
      v.object({
        job: v.string(),
        until: v.pipe(values.instant, v.description('The end of the lease of its run.')),
        isPromised: v.optional(v.pipe(v.literal(true), v.description('Its message is under way.'))),
      }),
    ),
    v.description('The jobs that hold its places.'),
  ),
  waiting: v.pipe(
    v.object({ count, isExact: v.boolean() }),
    v.description('Jobs in line; counted up to 100 in a list, up to 1,000 of one gate.'),
  ),
  nextSlotAt: v.optional(
    v.pipe(values.instant, v.description('Of a rate: the next start that nobody has booked may be then.')),
  ),
}

export const gate = v.object(gateFields)

export const gateWithLine = v.object({
  ...gateFields,
  line: v.pipe(
    v.array(
      v.object({
        id: v.string(),
        type: v.string(),
        priority: v.number(),
        scheduledAt: values.instant,
        parked: v.pipe(values.instant, v.description('Since when it waits here.')),
      }),
    ),
    v.description('The first in line, in their order.'),
  ),
})

export const queue = v.object({
  name: v.string(),
  policy: v.optional(v.pipe(v.record(v.string(), v.unknown()), v.description('As the deployed code says.'))),
  paused: v.optional(
    v.object({
      at: values.instant,
      by: v.optional(v.string()),
      why: v.optional(v.string()),
      until: v.optional(values.instant),
    }),
  ),
  concurrency: v.optional(
    v.pipe(
      v.object({
        value: count,
        code: count,
        mapping: v.optional(count),
        by: v.optional(v.string()),
        at: v.optional(values.instant),
      }),
      v.description('Batches at the same time: what holds, what the code says, what the mapping has.'),
    ),
  ),
  limit: v.optional(
    v.pipe(
      v.object({
        ...limit,
        by: v.optional(v.string()),
        at: v.optional(values.instant),
        code: v.optional(v.object(limit)),
      }),
      v.description('What limits the whole queue; `code`: what the code says, where somebody has set it otherwise.'),
    ),
  ),
  behind: v.optional(
    v.pipe(
      v.object({ since: values.instant }),
      v.description('Of a queue with a `window`: jobs wait in the table until it has room.'),
    ),
  ),
  mapping: v.optional(v.pipe(v.string(), v.description('State of its event source mapping, in Lambda’s words.'))),
  messages: v.optional(
    v.pipe(v.object({ visible: count, inFlight: count, delayed: count }), v.description('As SQS estimates them.')),
  ),
  jobs: v.object({
    states: stateCounts,
    types: v.record(v.string(), stateCounts),
    asOf: v.optional(v.pipe(values.instant, v.description('The counts are exact as of this instant.'))),
  }),
  oldestWaiting: v.optional(
    v.pipe(
      v.object({
        id: v.string(),
        ms: v.pipe(count, v.description('Since it was due.')),
        isExact: v.pipe(v.boolean(), v.description('False: of a long queue only the first jobs were looked at.')),
      }),
      v.description('The job that is due and has waited longest for a start; absent when none waits.'),
    ),
  ),
  rates: v.pipe(
    v.object({ enqueued: count, started: count, completed: count, failed: count }),
    v.description('A minute, of the last five.'),
  ),
  wait: milliseconds,
  run: milliseconds,
})

export const jobType = v.object({
  type: v.string(),
  queue: v.string(),
  policy: v.record(v.string(), v.unknown()),
  inputSchema: v.pipe(v.unknown(), v.description('JSON Schema; null where the schema’s library gives none.')),
})

const figures = {
  ...(Object.fromEntries(flowCounts.map(name => [name, count])) as Record<(typeof flowCounts)[number], typeof count>),
  wait: milliseconds,
  run: milliseconds,
  runMs: count,
}

export const stats = v.object({
  spans: v.array(v.object({ startsAt: values.instant, ...figures, waiting: count, failedJobs: count })),
  total: v.object(figures),
  queues: v.optional(
    v.pipe(
      v.array(
        v.object({
          name: v.string(),
          spans: v.array(v.object({ startsAt: values.instant, waiting: count, failedJobs: count })),
        }),
      ),
      v.description('With `by=queue`: how full each queue was.'),
    ),
  ),
  from: values.instant,
  to: values.instant,
  step: v.picklist(['minute', 'hour']),
})

export const errorGroup = v.object({
  queue: v.string(),
  type: v.string(),
  why: v.string(),
  name: v.string(),
  message: v.string(),
  frame: v.optional(v.string()),
  count,
  jobsFailed: count,
  firstAt: values.instant,
  lastAt: values.instant,
  hours: v.record(v.string(), count),
  jobs: v.array(v.string()),
})

export const health = v.object({
  verdict: v.picklist(['ok', 'warning', 'alarm']),
  reasons: v.pipe(
    v.array(
      v.object({
        code: v.picklist(healthCodes),
        level: v.picklist(['warning', 'alarm']),
        text: v.string(),
        todo: v.string(),
      }),
    ),
    v.description('Alarms first.'),
  ),
  at: values.instant,
  oldestDueMs: v.pipe(count, v.description('How long a job has been due for the sweeper; exact. 0: none is.')),
  lastTick: v.optional(
    v.object({
      endedAt: values.instant,
      looked: count,
      setAside: count,
      leftOver: count,
      oldestDueMs: count,
      isComplete: v.boolean(),
    }),
  ),
  recorder: v.object({
    asOf: v.optional(values.instant),
    behindMs: v.optional(v.pipe(count, v.description('A job that changed so long ago is not counted; sampled.'))),
  }),
  lastHour: v.pipe(
    v.object({ completed: count, failed: count, crashed: count }),
    v.description('Exact up to a few seconds ago.'),
  ),
  timeZones: v.optional(v.pipe(v.string(), v.description('Version of the time zones’ data, such as `2026c`.'))),
})

export const overview = v.object({
  health,
  topErrors: v.pipe(
    v.array(
      v.object({
        queue: v.string(),
        type: v.string(),
        why: v.string(),
        name: v.string(),
        message: v.string(),
        lastDay: v.pipe(count, v.description('Runs that ended so in the last 24 hours, by the start of their hour.')),
        jobsFailed: count,
        lastAt: values.instant,
      }),
    ),
    v.description('Up to five groups of failures, the most frequent of the last 24 hours first.'),
  ),
  next: v.pipe(
    v.array(
      v.object({
        at: values.instant,
        type: v.string(),
        schedule: v.optional(v.pipe(v.string(), v.description('Where a schedule makes the job then: its name.'))),
        id: v.optional(v.pipe(v.string(), v.description('Of a job that is there and waits for its time.'))),
        queue: v.optional(v.string()),
      }),
    ),
    v.description('Up to five starts to come, the earliest first; of jobs, those that the sweeper looks at next.'),
  ),
})

export const changes = v.object({
  changes: v.pipe(
    v.array(
      v.object({
        at: values.instant,
        queue: v.string(),
        id: v.string(),
        type: v.optional(v.string()),
        state: v.optional(v.pipe(v.string(), v.description('As type: on a local stack only.'))),
        kind: v.picklist(changeKinds),
      }),
    ),
    v.description('The earliest first; empty when nothing happened.'),
  ),
  next: v.pipe(v.string(), v.description('For the next call: its `after`.')),
  isSampled: v.pipe(
    v.boolean(),
    v.description('True: at most 20 jobs of each outcome, queue and minute, a few seconds late. False: every change.'),
  ),
})

/** Transitions of jobs whose handler has steps, sleeps or waits. */
import { defaultPolicy as policy } from '../../../lib/core/definition/policy.ts'
import { type Job, waitingStates } from '../../../lib/core/job/job.ts'
import { laneOf } from '../../../lib/core/job/lane.ts'
import * as cancel from '../../../lib/core/transitions/cancel.ts'
import * as finish from '../../../lib/core/transitions/finish.ts'
import * as suspend from '../../../lib/core/transitions/suspend.ts'
import { beginNextIfEnded } from '../../../lib/core/transitions/unique.ts'
import { minute, now, sample, second } from './sample.ts'
import { owner, rt, type TransitionCase } from './transition-case.ts'

const running = (more: Partial<Job> = {}) =>
  sample('IN_PROGRESS', { owner, leaseUntil: now + 30 * second, attempt: 3, attemptsLeft: 2, ...more })
const thrown = { name: 'Error', message: 'it failed' }
const held = (job: Job) => ({ job, owner, now, policy })

const untils = [
  ['its message kept', { dueAt: now + 30 * second, via: 'kept' }],
  ['a new message sent', { dueAt: now + 10 * minute, via: 'sent' }],
  ['brought back by the sweeper', { dueAt: now + 600 * minute, via: 'sweeper' }],
] as const

const suspensions: readonly TransitionCase[] = [false, true].flatMap(isWaiting =>
  [false, true].flatMap(hasProgressed =>
    untils.map(
      ([how, until]): TransitionCase => ({
        name: 'suspendIfOwner',
        from: `IN_PROGRESS, ${isWaiting ? 'waits' : 'sleeps'}, ${hasProgressed ? 'with' : 'without'} progress, ${how}`,
        item: hasProgressed ? running({ snoozes: 1, wakes: 2 }) : running(),
        transition: job => suspend.suspendIfOwner(held(job), { until, isWaiting, wakes: job.wakes, hasProgressed }),
        repeat: 'outcome',
      }),
    ),
  ),
)

const wakes: readonly TransitionCase[] = [...waitingStates, 'IN_PROGRESS' as const].flatMap(state =>
  [undefined, 4].map(
    (seen): TransitionCase => ({
      name: 'wakeIfSeen',
      from: `${state}, ${seen === undefined ? 'never woken' : 'woken before'}`,
      item: sample(state, { wakes: seen }),
      transition: job => suspend.wakeIfSeen(job, { now, request: rt, policy }),
      repeat: state === 'WAITING' ? 'placed' : 'moved',
    }),
  ),
)

const anew = { input: '{"page":2}', scheduledAt: now, insertedAt: now - minute, request: rt }
const behind = JSON.stringify({ input: '{"page":9}', scheduledAt: now, insertedAt: now, request: 'other' })
const home = { queue: 'default', shard: 0, lane: laneOf('default', 'live', 0) }

const continuations: readonly TransitionCase[] = [undefined, behind].map(
  (next): TransitionCase => ({
    name: 'continueIfOwner',
    from: `IN_PROGRESS, ${next === undefined ? 'nothing' : 'another job'} is to follow`,
    item: running(next === undefined ? {} : { next }),
    transition: job => suspend.continueIfOwner(held(job), anew),
    repeat: 'outcome',
  }),
)

export const workflowCases: readonly TransitionCase[] = [
  ...suspensions,
  ...wakes,
  ...continuations,
  {
    name: 'beginNextIfEnded',
    from: 'COMPLETED, began anew, with another job behind it',
    item: sample('COMPLETED', { next: JSON.stringify({ ...anew, next: behind }) }),
    transition: job => beginNextIfEnded(job, { ...anew, next: behind }, { home, now, policy }),
    repeat: 'placed',
  },
  {
    name: 'orphanIfOwner',
    from: 'IN_PROGRESS',
    item: running({ parent: '~#1#0#bound#parts#parent', endBy: now + minute }),
    transition: job => cancel.orphanIfOwner(held(job)),
    repeat: 'outcome',
  },
  {
    name: 'retryIfOwner',
    from: 'IN_PROGRESS, with steps made since the start',
    item: running({ snoozes: 1 }),
    transition: job => finish.retryIfOwner(held(job), { dueAt: now + 30 * second, via: 'kept' }, thrown, 1),
    repeat: 'outcome',
  },
]

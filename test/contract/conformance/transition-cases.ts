/** Every transition from every kind of item it is meant for. A test proves that none is left out. */

import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import { type Job, jobStates, startableStates, terminalStates, waitingStates } from '../../../lib/core/job/job.ts'
import * as cancel from '../../../lib/core/transitions/cancel.ts'
import * as remove from '../../../lib/core/transitions/delete.ts'
import * as dispatch from '../../../lib/core/transitions/dispatch.ts'
import * as enqueue from '../../../lib/core/transitions/enqueue.ts'
import * as finish from '../../../lib/core/transitions/finish.ts'
import * as recover from '../../../lib/core/transitions/recover.ts'
import * as requeue from '../../../lib/core/transitions/requeue.ts'
import * as start from '../../../lib/core/transitions/start.ts'
import { featureCases } from './feature-transition-cases.ts'
import { adoptCases, moveCases, strayCases, tidyCases } from './foreign-transition-cases.ts'
import { homeFor, minute, now, sample, second } from './sample.ts'
import { owner, rt, type TransitionCase } from './transition-case.ts'

const policy = defaultPolicy
const historyPolicy = { ...policy, listCompleted: true }
const startOf = { now, owner, policy }
const thrown = { name: 'Error', message: 'it failed' }
const [mine, leaseOver] = [{ owner, leaseUntil: now + 30 * second }, { leaseUntil: now - 1 }]

const startCases = startableStates.flatMap((state): TransitionCase[] => [
  {
    name: 'startIfDispatched',
    from: `${state}, its row left alone`,
    item: sample(state, { scheduledAt: now, lookAt: now + 100 * second }),
    transition: () => start.startIfDispatched(3, startOf, true),
    repeat: 'held',
  },
  {
    name: 'startIfDispatched',
    from: `${state}, its row moved`,
    item: sample(state, { scheduledAt: now + second, lookAt: now + 10 * second, attemptsLeft: 1 }),
    transition: () => start.startIfDispatched(3, startOf, false),
    repeat: 'held',
  },
])

const takeOverCases = (
  [
    ['whose row may stay', { lookAt: now + 100 * second }],
    ['whose row must move', { lookAt: now + 500 * second, crashes: 2 }],
    ['without an owner', { owner: undefined }],
    ['without a lease', { leaseUntil: undefined }],
  ] as const
).map(
  ([from, changes]): TransitionCase => ({
    name: 'takeOverIfLeaseOver',
    from: `IN_PROGRESS, ${from}`,
    item: sample('IN_PROGRESS', { ...leaseOver, ...changes }),
    transition: job => start.takeOverIfLeaseOver(job, 3, startOf),
    repeat: 'held',
  }),
)

const running = sample('IN_PROGRESS', { ...mine, lookAt: now + 150 * second })
const again = (seconds: number, via: finish.RetryTime['via']) => ({ dueAt: now + seconds * second, via })

const outcomeCases: readonly TransitionCase[] = [
  {
    name: 'heartbeatIfOwner',
    from: 'IN_PROGRESS',
    item: running,
    transition: () => finish.heartbeatIfOwner(owner, now + 69 * second, undefined),
    repeat: 'again',
  },
  {
    name: 'heartbeatIfOwner',
    from: 'IN_PROGRESS, with progress, after a cancel request',
    item: { ...running, cancelRequestedAt: now - second },
    transition: () => finish.heartbeatIfOwner(owner, now + 69 * second, 33.3),
    repeat: 'again',
  },
  {
    name: 'completeIfOwner',
    from: 'IN_PROGRESS',
    item: running,
    transition: job => finish.completeIfOwner({ job, owner, now, policy }, '{"sum":3}'),
    repeat: 'outcome',
  },
  {
    name: 'completeIfOwner',
    from: 'IN_PROGRESS, without a result, kept as history',
    item: running,
    transition: job => finish.completeIfOwner({ job, owner, now, policy: historyPolicy }, undefined),
    repeat: 'outcome',
  },
  {
    name: 'commitIfOwner',
    from: 'IN_PROGRESS',
    item: running,
    transition: job => finish.commitIfOwner({ job, owner, now, policy }, '{"sum":3}'),
    repeat: 'outcome',
  },
  {
    name: 'retryIfOwner',
    from: 'IN_PROGRESS, message kept, row left alone',
    item: running,
    transition: job => finish.retryIfOwner({ job, owner, now, policy }, again(30, 'kept'), thrown),
    repeat: 'outcome',
  },
  {
    name: 'retryIfOwner',
    from: 'IN_PROGRESS, message kept, row moved',
    item: running,
    transition: job => finish.retryIfOwner({ job, owner, now, policy }, again(300, 'kept'), thrown),
    repeat: 'outcome',
  },
  {
    name: 'retryIfOwner',
    from: 'IN_PROGRESS, message acknowledged',
    item: running,
    transition: job => finish.retryIfOwner({ job, owner, now, policy }, again(3_600, 'sweeper'), thrown),
    repeat: 'outcome',
  },
  {
    name: 'failIfOwner',
    from: 'IN_PROGRESS',
    item: running,
    transition: job => finish.failIfOwner({ job, owner, now, policy }, thrown),
    repeat: 'outcome',
  },
  {
    name: 'snoozeIfOwner',
    from: 'IN_PROGRESS, for the first time',
    item: running,
    transition: job => finish.snoozeIfOwner({ job, owner, now, policy }, again(30, 'kept')),
    repeat: 'outcome',
  },
  {
    name: 'snoozeIfOwner',
    from: 'IN_PROGRESS, for the last time',
    item: { ...running, snoozes: 6, maxSnoozes: 7 },
    transition: job => finish.snoozeIfOwner({ job, owner, now, policy }, again(3_600, 'sweeper')),
    repeat: 'outcome',
  },
  {
    name: 'snoozeIfOwner',
    from: 'IN_PROGRESS, beyond the bound of a job that has got on',
    item: { ...running, snoozes: 8, maxSnoozes: 7 },
    transition: job => finish.snoozeIfOwner({ job, owner, now, policy }, again(30, 'kept'), true),
    repeat: 'outcome',
  },
]

const dispatchCases = (
  [
    ['SCHEDULED', 'due', { scheduledAt: now }],
    ['SCHEDULED', 'not due yet', { scheduledAt: now + minute, dispatches: undefined }],
    ['RESERVED', 'whose hold ran out', {}],
    ['RETRY', 'due', {}],
    ['RETRY', 'not due yet', { scheduledAt: now + minute }],
    ['AVAILABLE', 'due', {}],
    ['AVAILABLE', 'in line at its gate', { gate: 'sample/a', parked: now - minute }],
    ['AVAILABLE', 'without fence and time', { fence: undefined, lookAt: undefined, lane: undefined }],
  ] as const
).map(
  ([state, from, changes]): TransitionCase => ({
    name: 'dispatchIfSeen',
    from: `${state}, ${from}`,
    item: sample(state, changes),
    transition: job => dispatch.dispatchIfSeen(job, { now, request: rt, policy }),
    repeat: 'placed',
  }),
)

const endedLeaseCases = (
  [
    ['with an owner', { crashes: 1 }],
    ['without an owner', { owner: undefined }],
    ['without a lease', { leaseUntil: undefined }],
  ] as const
).flatMap(([from, changes]): TransitionCase[] => {
  const item = sample('IN_PROGRESS', { ...leaseOver, ...changes })
  return [
    {
      name: 'recoverIfLeaseOver',
      from: `IN_PROGRESS, ${from}`,
      item,
      transition: job => recover.recoverIfLeaseOver(job, { now, request: rt, policy }),
      repeat: 'placed',
    },
    {
      name: 'failIfLeaseOver',
      from: `IN_PROGRESS, ${from}`,
      item,
      transition: job => recover.failIfLeaseOver(job, { now, request: rt, policy }),
      repeat: 'ended',
    },
    {
      name: 'cancelIfLeaseOver',
      from: `IN_PROGRESS, ${from}`,
      item: { ...item, cancelRequestedAt: now - second },
      transition: job => cancel.cancelIfLeaseOver(job, { now, request: rt, policy }),
      repeat: 'placed',
    },
  ]
})

const exhaustedCases = waitingStates.map(
  (state): TransitionCase => ({
    name: 'failIfExhausted',
    from: state,
    item: sample(state, { attempt: 5, attemptsLeft: 0 }),
    transition: job => recover.failIfExhausted(job, { now, request: rt, policy }),
    repeat: 'ended',
  }),
)

const laterCases = (['IN_PROGRESS', 'SCHEDULED', 'RETRY', 'AVAILABLE'] as const).map(
  (state): TransitionCase => ({
    name: 'lookLaterIfSeen',
    from: state,
    item: sample(state, state === 'IN_PROGRESS' ? {} : { scheduledAt: now + 60 * minute }),
    transition: job => dispatch.lookLaterIfSeen(job, now),
    repeat: 'moved',
  }),
)

const replacing = (job: Job, dueAt: number) => ({ dueAt, now, request: rt, policy, home: homeFor(job) })

const placements = [
  ['now', now],
  ['soon', now + 10 * minute],
  ['later', now + 60 * minute],
] as const

const requeueCases = terminalStates.flatMap(state =>
  placements.map(
    ([when, dueAt]): TransitionCase => ({
      name: 'requeueIfEnded',
      from: `${state}, for ${when}`,
      item: sample(state, { snoozes: 1, crashes: 1, progress: 50, cancelRequestedAt: now - minute }),
      transition: job => requeue.requeueIfEnded(job, replacing(job, dueAt)),
      repeat: 'placed',
    }),
  ),
)

/** With another tenant, or none. */
const fresh = (n: number) => {
  const gate = n === 0 ? 'sample/b' : undefined
  return { input: '{"n":2}', tenant: n === 0 ? 'b7' : undefined, gate }
}
const otherInputCases = terminalStates.map(
  (state, n): TransitionCase => ({
    name: 'requeueIfEnded',
    from: `${state}, with another input`,
    item: sample(state, { tenant: 'a42', gate: 'sample/a' }),
    transition: job => requeue.requeueIfEnded(job, { ...replacing(job, now), fresh: fresh(n) }),
    repeat: 'placed',
  }),
)

/** The job of an occurrence as another definition of its schedule has it. */
const definedAnew = (id: string, dueAt: number) => {
  const occasion = { schedule: 's', occurrence: dueAt, overlap: 'skip', after: 'other' } as const
  const given = { id, type: 'sample', queue: 'default', input: '{"n":2}', dueAt, maxAttempts: 3, occasion }
  return enqueue.newJob(given, now, rt, policy, 8)
}
const ofOccurrence = { schedule: 's', occurrence: now, tags: ['old'], after: 'before', priority: 3 } as const

const fireAgainCases = placements.flatMap(([when, dueAt]): readonly TransitionCase[] => [
  {
    name: 'fireAgainIfTakenBack',
    from: `CANCELLED by its schedule, for ${when}`,
    item: sample('CANCELLED', { ...ofOccurrence, code: 'schedule' }),
    transition: job => requeue.fireAgainIfTakenBack(job, definedAnew(job.id, dueAt)),
    repeat: 'placed',
  },
  ...(['SCHEDULED', 'RESERVED'] as const).flatMap(state =>
    [dueAt, dueAt + second].map(
      (scheduledAt): TransitionCase => ({
        name: 'fireAgainIfWaiting',
        from: `${state}, for ${when}${scheduledAt === dueAt ? '' : ', at another time'}`,
        item: sample(state, { ...ofOccurrence, scheduledAt }),
        transition: job => requeue.fireAgainIfWaiting(job, definedAnew(job.id, dueAt)),
        repeat: 'placed',
      }),
    ),
  ),
])

const rescheduleCases = waitingStates.flatMap(state =>
  placements.map(
    ([when, dueAt]): TransitionCase => ({
      name: 'rescheduleIfWaiting',
      from: `${state}, for ${when}`,
      item: sample(state),
      transition: job => requeue.rescheduleIfWaiting(job, replacing(job, dueAt)),
      repeat: 'placed',
    }),
  ),
)

const manageCases: readonly TransitionCase[] = [
  ...(['SCHEDULED', 'RESERVED'] as const).map(
    (state): TransitionCase => ({
      name: 'takeBackIfSeen',
      from: state,
      item: sample(state, { ...ofOccurrence }),
      transition: job => cancel.takeBackIfSeen(job, { now, request: rt, policy }),
      repeat: 'placed',
    }),
  ),
  ...waitingStates.map(
    (state): TransitionCase => ({
      name: 'expireIfSeen',
      from: state,
      item: sample(state, { startBy: now - 1 }),
      transition: job => cancel.expireIfSeen(job, { now, request: rt, policy }),
      repeat: 'placed',
    }),
  ),
  ...waitingStates.map(
    (state): TransitionCase => ({
      name: 'cancelIfSeen',
      from: state,
      item: sample(state),
      transition: job => cancel.cancelIfSeen(job, { now, request: rt, policy }),
      repeat: 'placed',
    }),
  ),
  {
    name: 'requestCancelIfRunning',
    from: 'IN_PROGRESS',
    item: running,
    transition: () => cancel.requestCancelIfRunning(now, rt),
    repeat: 'again',
  },
  {
    name: 'cancelIfOwner',
    from: 'IN_PROGRESS',
    item: { ...running, cancelRequestedAt: now - second },
    transition: job => cancel.cancelIfOwner(job, owner, now, policy),
    repeat: 'outcome',
  },
  {
    name: 'expireIfOwner',
    from: 'IN_PROGRESS',
    item: { ...running, startBy: now - 1 },
    transition: job => cancel.expireIfOwner({ job, owner, policy, now }),
    repeat: 'outcome',
  },
  {
    name: 'skipIfOwner',
    from: 'IN_PROGRESS',
    item: { ...running, schedule: 's', occurrence: now, after: 'first', overlap: 'skip' },
    transition: job => cancel.skipIfOwner({ job, owner, policy, now }, 'second'),
    repeat: 'outcome',
  },
  ...jobStates
    .filter(state => state !== 'IN_PROGRESS')
    .map(
      (state): TransitionCase => ({
        name: 'deleteIfIdle',
        from: state,
        item: sample(state),
        transition: () => remove.deleteIfIdle(now),
        repeat: 'gone',
      }),
    ),
]

const pullCases = [1, 2].map(
  (dispatches): TransitionCase => ({
    name: 'pullIfMine',
    from: `RESERVED, after ${dispatches} sends`,
    item: sample('RESERVED', { dispatches, lookAt: now + 129 * second }),
    transition: job => dispatch.pullIfMine(job, now),
    repeat: 'moved',
  }),
)

export const transitionCases: readonly TransitionCase[] = [
  ...startCases,
  ...takeOverCases,
  ...featureCases,
  ...outcomeCases,
  ...dispatchCases,
  ...endedLeaseCases,
  ...exhaustedCases,
  ...adoptCases,
  ...strayCases,
  ...moveCases,
  ...tidyCases,
  ...laterCases,
  ...requeueCases,
  ...otherInputCases,
  ...fireAgainCases,
  ...rescheduleCases,
  ...manageCases,
  ...pullCases,
]

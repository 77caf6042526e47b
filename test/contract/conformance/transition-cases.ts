/** Every transition from every kind of item it is meant for. A test proves that none is left out. */

import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import {
  type Job,
  type JobState,
  jobStates,
  type RawJob,
  startableStates,
  terminalStates,
  waitingStates,
} from '../../../lib/core/job/job.ts'
import * as adopt from '../../../lib/core/transitions/adopt.ts'
import * as cancel from '../../../lib/core/transitions/cancel.ts'
import * as remove from '../../../lib/core/transitions/delete.ts'
import * as dispatch from '../../../lib/core/transitions/dispatch.ts'
import * as enqueue from '../../../lib/core/transitions/enqueue.ts'
import * as finish from '../../../lib/core/transitions/finish.ts'
import * as recover from '../../../lib/core/transitions/recover.ts'
import * as requeue from '../../../lib/core/transitions/requeue.ts'
import * as start from '../../../lib/core/transitions/start.ts'
import type { Transition } from '../../../lib/core/transitions/transition.ts'
import { homeFor, minute, now, sample, second } from './sample.ts'

/** What whoever asks a second time finds, because the first answer was lost. */
export type Repeat =
  /** Refused; the job is running under my token. */
  | 'held'
  /** Refused; the outcome that stands is mine. */
  | 'outcome'
  /** Refused; the item carries my request's token. */
  | 'placed'
  /** Refused; the job has ended. */
  | 'ended'
  /** Refused; nothing tells who it was, and nothing depends on it. */
  | 'moved'
  /** Refused; there is no item any more. */
  | 'gone'
  /** Written a second time, the same. */
  | 'again'

export interface TransitionCase {
  /** Name of the function in lib/core/transitions. */
  readonly name: string
  readonly from: string
  /** Without its id, which each test gives. */
  readonly item: RawJob
  readonly transition: (job: Job) => Transition
  readonly repeat: Repeat
}

/** Every function that makes a transition has its guard in its name. */
export const transitionNames: readonly string[] = [
  adopt,
  cancel,
  dispatch,
  enqueue,
  finish,
  recover,
  remove,
  requeue,
  start,
]
  .flatMap(module => Object.entries(module))
  .flatMap(([name, value]) => (typeof value === 'function' && /[a-z]If[A-Z]/.test(name) ? [name] : []))

const policy = defaultPolicy
const historyPolicy = { ...policy, listCompleted: true }
export const owner = 'my-owner-of-16ch'
export const rt = 'my-token'
const startOf = { now, owner, policy }
const thrown = { name: 'Error', message: 'it failed' }
const mine = { owner, leaseUntil: now + 30 * second }
const leaseOver = { leaseUntil: now - 1 }

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
]

const dispatchCases = (
  [
    ['SCHEDULED', 'due', { scheduledAt: now }],
    ['SCHEDULED', 'not due yet', { scheduledAt: now + minute, dispatches: undefined }],
    ['RESERVED', 'whose hold ran out', {}],
    ['RETRY', 'due', {}],
    ['RETRY', 'not due yet', { scheduledAt: now + minute }],
    ['AVAILABLE', 'due', {}],
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

const minimal = { type: 'sample', state: 'AVAILABLE', input: '{}' } as const
/** A console edit of an item's state, and nothing else. */
const edited = (state: JobState, changes: RawJob = {}): RawJob => ({ ...sample(state, changes), state: 'AVAILABLE' })

const adoptCases = (
  [
    ['put by a foreign writer', minimal],
    ['put by a foreign writer, for later', { ...minimal, scheduledAt: now + 60 * minute, queue: 'mail' }],
    ['edited from FAILED', edited('FAILED', { crashes: 2, snoozes: 1 })],
    ['edited from COMPLETED', edited('COMPLETED', { maxAttempts: 9, generation: 2 })],
    ['edited from IN_PROGRESS, its lease not over', edited('IN_PROGRESS', { cancelRequestedAt: now, dispatches: 1 })],
  ] as const
).map(
  ([from, item]): TransitionCase => ({
    name: 'adoptIfAvailable',
    from: `AVAILABLE, ${from}`,
    item,
    transition: job => adopt.adoptIfAvailable(job, { now, request: rt, policy, home: homeFor(job) }),
    repeat: 'placed',
  }),
)

/** In a state that the dispatcher is not told of, and in no lane. */
const strayCases = (
  [
    ['SCHEDULED, put by a foreign writer', { type: 'sample', state: 'SCHEDULED', input: '{}' }],
    ['AVAILABLE, put by a foreign writer', minimal],
    ['RETRY, edited from FAILED', { ...sample('FAILED'), state: 'RETRY' }],
    ['RESERVED, edited from COMPLETED', { ...sample('COMPLETED'), state: 'RESERVED' }],
    ['IN_PROGRESS, edited from CANCELLED', { ...sample('CANCELLED'), state: 'IN_PROGRESS' }],
  ] as const
).map(
  ([from, item]): TransitionCase => ({
    name: 'adoptIfStray',
    from,
    item,
    transition: job => adopt.adoptIfStray(job, { now, request: rt, policy, home: homeFor(job) }),
    repeat: 'placed',
  }),
)

const moveCases = (
  [
    ['SCHEDULED', {}],
    ['AVAILABLE', {}],
    ['RESERVED', {}],
    ['RETRY', {}],
    ['IN_PROGRESS', { leaseUntil: now - 1 }],
  ] as const
).map(
  ([state, changes]): TransitionCase => ({
    name: 'moveIfSeen',
    from: `${state}, to another queue`,
    item: sample(state, { lookAt: now - minute, ...changes }),
    transition: job => adopt.moveIfSeen(job, homeFor(job, 'mail'), now),
    repeat: 'moved',
  }),
)

const tidyCases = terminalStates.map(
  (state): TransitionCase => ({
    name: 'tidyIfEnded',
    from: `${state}, edited in the console`,
    item: sample(state, { lane: 'default#live#4', finishedAt: undefined, ttl: undefined }),
    transition: job => adopt.tidyIfEnded(job, now, policy),
    repeat: 'moved',
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
      transition: job => requeue.requeueIfEnded(job, { dueAt, now, request: rt, policy, home: homeFor(job) }),
      repeat: 'placed',
    }),
  ),
)

const rescheduleCases = waitingStates.flatMap(state =>
  placements.map(
    ([when, dueAt]): TransitionCase => ({
      name: 'rescheduleIfWaiting',
      from: `${state}, for ${when}`,
      item: sample(state),
      transition: job => requeue.rescheduleIfWaiting(job, { dueAt, now, request: rt, policy, home: homeFor(job) }),
      repeat: 'placed',
    }),
  ),
)

const manageCases: readonly TransitionCase[] = [
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
  ...rescheduleCases,
  ...manageCases,
  ...pullCases,
]

/** Transitions of items that came from outside, or were edited. */

import { defaultPolicy as policy } from '../../../lib/core/definition/policy.ts'
import { type JobState, type RawJob, terminalStates } from '../../../lib/core/job/job.ts'
import * as adopt from '../../../lib/core/transitions/adopt.ts'
import { homeFor, minute, now, sample } from './sample.ts'
import { rt, type TransitionCase } from './transition-case.ts'

const minimal = { type: 'sample', state: 'AVAILABLE', input: '{}' } as const

/** A console edit of an item's state, and nothing else. */
const edited = (state: JobState, changes: RawJob = {}): RawJob => ({
  ...sample(state, changes),
  state: 'AVAILABLE',
})

export const adoptCases = (
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
export const strayCases = (
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

export const moveCases = (
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

export const tidyCases = terminalStates.map(
  (state): TransitionCase => ({
    name: 'tidyIfEnded',
    from: `${state}, edited in the console`,
    item: sample(state, { lane: 'default#live#4', finishedAt: undefined, ttl: undefined }),
    transition: job => adopt.tidyIfEnded(job, now, policy),
    repeat: 'moved',
  }),
)

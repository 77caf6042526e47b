/** Transitions of jobs that must pass a gate. */
import { defaultPolicy as policy } from '../../../lib/core/definition/policy.ts'
import { startableStates } from '../../../lib/core/job/job.ts'
import * as dispatch from '../../../lib/core/transitions/dispatch.ts'
import * as park from '../../../lib/core/transitions/park.ts'
import * as requeue from '../../../lib/core/transitions/requeue.ts'
import * as start from '../../../lib/core/transitions/start.ts'
import * as window from '../../../lib/core/transitions/window.ts'
import { minute, now, sample, second } from './sample.ts'
import { owner, rt, type TransitionCase } from './transition-case.ts'

const gate = 'sample/a'
const startOf = { now, owner, policy, gate }

const throughGateCases: readonly TransitionCase[] = [
  {
    name: 'startIfDispatched',
    from: 'RESERVED, through its gate',
    item: sample('RESERVED', { gate, scheduledAt: now, lookAt: now + 100 * second }),
    transition: () => start.startIfDispatched(3, startOf, true),
    repeat: 'held',
  },
  {
    name: 'takeOverIfLeaseOver',
    from: 'IN_PROGRESS, through its gate',
    item: sample('IN_PROGRESS', { gate, leaseUntil: now - 1, lookAt: now + 100 * second }),
    transition: job => start.takeOverIfLeaseOver(job, 3, startOf),
    repeat: 'held',
  },
]

const inSlotCases: readonly TransitionCase[] = [
  {
    name: 'startIfDispatched',
    from: 'RESERVED, in the slot that its message has',
    item: sample('RESERVED', { gate, pass: 3, scheduledAt: now, lookAt: now + 100 * second }),
    transition: () => start.startIfDispatched(3, { ...startOf, slot: 'booked' }, true),
    repeat: 'held',
  },
  {
    name: 'startIfDispatched',
    from: 'RESERVED, in a slot that was taken for it',
    item: sample('RESERVED', { gate, pass: 0, scheduledAt: now - minute, lookAt: now + 100 * second }),
    transition: () => start.startIfDispatched(3, { ...startOf, slot: now + 300 }, true),
    repeat: 'held',
  },
  {
    name: 'takeOverIfLeaseOver',
    from: 'IN_PROGRESS, in a slot that was taken for it',
    item: sample('IN_PROGRESS', { gate, pass: 0, leaseUntil: now - 1, lookAt: now + 100 * second }),
    transition: job => start.takeOverIfLeaseOver(job, 3, { ...startOf, slot: now - 300 }),
    repeat: 'held',
  },
  {
    name: 'dispatchBookedIfSeen',
    from: 'AVAILABLE, in line',
    item: sample('AVAILABLE', { gate, pass: 0, parked: now - minute, scheduledAt: now - minute }),
    transition: job => dispatch.dispatchBookedIfSeen(job, now + 40 * second, { now, request: rt, policy }),
    repeat: 'placed',
  },
]

const bookCases = startableStates.map(
  (state): TransitionCase => ({
    name: 'bookIfDispatched',
    from: state,
    item: sample(state, { gate, pass: 0, scheduledAt: now }),
    transition: () => park.bookIfDispatched({ fence: 3, gate, now, slot: now + 40 * second, request: rt }),
    repeat: 'placed',
  }),
)

const parkCases = startableStates.map(
  (state): TransitionCase => ({
    name: 'parkIfDispatched',
    from: state,
    item: sample(state, { gate, scheduledAt: now }),
    transition: () => park.parkIfDispatched({ fence: 3, gate, now, request: rt }),
    repeat: 'placed',
  }),
)

const joinCases = startableStates.map(
  (state): TransitionCase => ({
    name: 'gateIfDispatched',
    from: state,
    item: sample(state, { scheduledAt: now }),
    transition: () => park.gateIfDispatched({ fence: 3, gate: '/default', now, request: rt }),
    repeat: 'again',
  }),
)

const laterParkedCases = [1, 300].map(
  (minutes): TransitionCase => ({
    name: 'lookLaterIfParked',
    from: `AVAILABLE, in line for ${minutes} min`,
    item: sample('AVAILABLE', { gate, parked: now - minutes * minute }),
    transition: job => park.lookLaterIfParked(job, now),
    repeat: 'moved',
  }),
)

const joinLineCases = (['SCHEDULED', 'RETRY', 'AVAILABLE'] as const).map(
  (state): TransitionCase => ({
    name: 'joinLineIfSeen',
    from: state,
    item: sample(state, { scheduledAt: now + minute, ...(state === 'SCHEDULED' ? {} : { dispatches: 0 }) }),
    transition: job => window.joinLineIfSeen(job, now, rt),
    repeat: 'placed',
  }),
)

const home = { queue: 'default', shard: 0, lane: 'default#live#0' }
const placing = { dueAt: now, home, now, request: rt, policy }

const inLineCases: readonly TransitionCase[] = [
  {
    name: 'requeueIfEnded',
    from: 'CANCELLED, into a queue without room',
    item: sample('CANCELLED', { parked: now - minute, beyond: 1 }),
    transition: job => window.placedInLine(requeue.requeueIfEnded(job, placing), now),
    repeat: 'placed',
  },
  {
    name: 'rescheduleIfWaiting',
    from: 'SCHEDULED, into a queue without room',
    item: sample('SCHEDULED'),
    transition: job => window.placedInLine(requeue.rescheduleIfWaiting(job, placing), now),
    repeat: 'placed',
  },
  {
    name: 'dispatchIfSeen',
    from: 'AVAILABLE, beyond the window',
    item: sample('AVAILABLE', { parked: now - minute, beyond: 1 }),
    transition: job => dispatch.dispatchIfSeen(job, { now, request: rt, policy }),
    repeat: 'placed',
  },
]

export const gateCases: readonly TransitionCase[] = [
  ...throughGateCases,
  ...inSlotCases,
  ...bookCases,
  ...parkCases,
  ...joinCases,
  ...laterParkedCases,
  ...joinLineCases,
  ...inLineCases,
]

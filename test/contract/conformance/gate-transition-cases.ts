/** Transitions of jobs that must pass a gate. */
import { defaultPolicy as policy } from '../../../lib/core/definition/policy.ts'
import { startableStates } from '../../../lib/core/job/job.ts'
import * as park from '../../../lib/core/transitions/park.ts'
import * as start from '../../../lib/core/transitions/start.ts'
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

const parkCases = startableStates.map(
  (state): TransitionCase => ({
    name: 'parkIfDispatched',
    from: state,
    item: sample(state, { gate, scheduledAt: now }),
    transition: () => park.parkIfDispatched({ fence: 3, gate, now, request: rt }),
    repeat: 'placed',
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

export const gateCases: readonly TransitionCase[] = [...throughGateCases, ...parkCases, ...laterParkedCases]

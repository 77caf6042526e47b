/** Pairs of transitions on one job. Both were decided on the same reading of it. */
import type { RawJob } from '../../../lib/core/job/job.ts'
import { now, sample, second } from '../conformance/sample.ts'
import { gateRaces } from './gate-races.ts'
import { bothInOrder, exclusive, onlyFirst, type Race, race } from './race.ts'
import * as racer from './racers.ts'
import { uniqueRaces } from './unique-races.ts'

const running = sample('IN_PROGRESS', { lookAt: now + 150 * second })
const leaseOver = sample('IN_PROGRESS', { leaseUntil: now - 1 })
const due = sample('SCHEDULED', { scheduledAt: now })
const foreign: RawJob = { type: 'sample', state: 'AVAILABLE', input: '{}' }

const runRaces: readonly Race[] = [
  race('two starts', sample('RESERVED'), [racer.start('A'), racer.start('B')], exclusive('IN_PROGRESS', 'IN_PROGRESS')),
  race(
    'two starts of a retry',
    sample('RETRY'),
    [racer.start('A'), racer.start('B')],
    exclusive('IN_PROGRESS', 'IN_PROGRESS'),
  ),
  race('two takeovers', leaseOver, [racer.takeOver('A'), racer.takeOver('B')], exclusive('IN_PROGRESS', 'IN_PROGRESS')),
  race('complete · takeover', leaseOver, [racer.complete, racer.takeOver('B')], exclusive('COMPLETED', 'IN_PROGRESS')),
  race('complete · recovery', leaseOver, [racer.complete, racer.recover('')], exclusive('COMPLETED', 'RESERVED')),
  race(
    'takeover · recovery',
    leaseOver,
    [racer.takeOver('A'), racer.recover('')],
    exclusive('IN_PROGRESS', 'RESERVED'),
  ),
  race(
    'heartbeat · takeover',
    leaseOver,
    [racer.heartbeat, racer.takeOver('B')],
    exclusive('IN_PROGRESS', 'IN_PROGRESS'),
  ),
  race('heartbeat · recovery', leaseOver, [racer.heartbeat, racer.recover('')], exclusive('IN_PROGRESS', 'RESERVED')),
  race('retry · recovery', leaseOver, [racer.retry, racer.recover('')], exclusive('RETRY', 'RESERVED')),
]

const sweepRaces: readonly Race[] = [
  race('two sweepers, due', due, [racer.dispatch('A'), racer.dispatch('B')], exclusive('RESERVED', 'RESERVED')),
  race(
    'two sweepers, hold over',
    sample('RESERVED'),
    [racer.dispatch('A'), racer.dispatch('B')],
    exclusive('RESERVED', 'RESERVED'),
  ),
  race(
    'two sweepers, lease over',
    leaseOver,
    [racer.recover('A'), racer.recover('B')],
    exclusive('RESERVED', 'RESERVED'),
  ),
  race(
    'recovery · late recovery of the run before',
    leaseOver,
    [racer.recover(''), racer.lateRecover],
    onlyFirst('RESERVED'),
  ),
  race(
    'dispatcher · sweeper',
    sample('AVAILABLE'),
    [racer.dispatch('by stream'), racer.dispatch('by tick')],
    exclusive('RESERVED', 'RESERVED'),
  ),
  race('adopt · adopt, foreign', foreign, [racer.adopt('A'), racer.adopt('B')], exclusive('AVAILABLE', 'AVAILABLE')),
  race(
    'adopt · adopt, console edit',
    { ...sample('FAILED', { crashes: 2 }), state: 'AVAILABLE' },
    [racer.adopt('A'), racer.adopt('B')],
    exclusive('AVAILABLE', 'AVAILABLE'),
  ),
  // A re-send keeps the fence: the message that came after all starts the job, and the sweeper's is one too many.
  race(
    'dispatch · start, hold over',
    sample('RESERVED'),
    [racer.dispatch(''), racer.start('B')],
    [
      { applied: [true, true], left: 'IN_PROGRESS' },
      { applied: [false, true], left: 'IN_PROGRESS' },
    ],
  ),
  race('dispatch · start, due', due, [racer.dispatch(''), racer.start('B')], exclusive('RESERVED', 'IN_PROGRESS')),
  // The send was reported as failed, and the message came all the same: the sweeper looks once, too early, and leaves.
  race(
    'start · pull',
    sample('RESERVED', { lookAt: now + 129 * second }),
    [racer.startLeavingAt('A'), racer.pull],
    bothInOrder('IN_PROGRESS', 'RESERVED'),
  ),
]

const manageRaces: readonly Race[] = [
  // Whoever asked too late to stop: the work is done, and done is what the job is.
  race('cancel · complete', running, [racer.requestCancel, racer.complete], bothInOrder('COMPLETED', 'COMPLETED')),
  race('cancel · retry', running, [racer.requestCancel, racer.retry], exclusive('IN_PROGRESS', 'RETRY')),
  race('cancel · recovery', leaseOver, [racer.requestCancel, racer.recover('')], exclusive('IN_PROGRESS', 'RESERVED')),
  race('cancel · start', sample('RESERVED'), [racer.cancel, racer.start('B')], exclusive('CANCELLED', 'IN_PROGRESS')),
  race('cancel · dispatch', due, [racer.cancel, racer.dispatch('')], exclusive('CANCELLED', 'RESERVED')),
  race(
    'requeue · requeue',
    sample('FAILED'),
    [racer.requeue('A'), racer.requeue('B')],
    exclusive('RESERVED', 'RESERVED'),
  ),
  race(
    'requeue · late requeue of the generation before',
    sample('FAILED', { generation: 2 }),
    [racer.requeue(''), racer.lateRequeue],
    onlyFirst('RESERVED'),
  ),
  // Asked for while the job still runs: refused, or carried out on the job that has ended meanwhile.
  race(
    'requeue · complete',
    leaseOver,
    [racer.requeue(''), racer.complete],
    [
      { applied: [false, true], left: 'COMPLETED' },
      { applied: [true, true], left: 'RESERVED' },
    ],
  ),
  race('requeue · late complete', sample('FAILED'), [racer.requeue(''), racer.lateComplete(3)], onlyFirst('RESERVED')),
  race(
    'start after a requeue · late complete',
    sample('RESERVED', { generation: 2 }),
    [racer.start('A'), racer.lateComplete(2)],
    onlyFirst('IN_PROGRESS'),
  ),
  race('run now · start', sample('RETRY'), [racer.runNow(''), racer.start('B')], exclusive('RESERVED', 'IN_PROGRESS')),
  race('run now · run now', due, [racer.runNow('A'), racer.runNow('B')], exclusive('RESERVED', 'RESERVED')),
  race('run now · cancel', due, [racer.runNow(''), racer.cancel], exclusive('RESERVED', 'CANCELLED')),
  race('delete · start', sample('RESERVED'), [racer.remove, racer.start('B')], exclusive('gone', 'IN_PROGRESS')),
  race(
    'delete · dispatch',
    due,
    [racer.remove, racer.dispatch('')],
    [
      { applied: [true, false], left: 'gone' },
      { applied: [true, true], left: 'gone' },
    ],
  ),
  race('reschedule · dispatch, due', due, [racer.reschedule, racer.dispatch('')], exclusive('SCHEDULED', 'RESERVED')),
  // The re-send kept the fence; rescheduling raises it and makes both messages void.
  race(
    'reschedule · dispatch, hold over',
    sample('RESERVED'),
    [racer.reschedule, racer.dispatch('')],
    [
      { applied: [true, false], left: 'SCHEDULED' },
      { applied: [true, true], left: 'SCHEDULED' },
    ],
  ),
]

export const races: readonly Race[] = [...runRaces, ...sweepRaces, ...manageRaces, ...uniqueRaces, ...gateRaces]

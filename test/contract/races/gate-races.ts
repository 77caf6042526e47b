/** Pairs with a transition of a job at a gate: T30, T40, T41. Each is asked for by a worker that holds the job's message. */
import { noPass } from '../../../lib/core/job/job.ts'
import { isOwnRequest } from '../../../lib/core/transitions/own-write.ts'
import { bookIfDispatched, gateIfDispatched, parkIfDispatched } from '../../../lib/core/transitions/park.ts'
import { now, sample, second } from '../conformance/sample.ts'
import { bothInOrder, exclusive, inEitherOrder, type Race, race } from './race.ts'
import * as racer from './racers.ts'
import { asMessage, fence, type Racer } from './racers.ts'

const own = 'sample/a'
const ofQueue = '/default'
const asking = { fence, now }

/** A worker that holds the message of a job, and finds it changed. @param gate through which the job is to start */
const atGate = (who: string, gate: string): Pick<Racer, 'isMine' | 'learns'> => ({
  isMine: item => isOwnRequest(item, `rt-${who}`),
  learns: item => asMessage(item, '', fence, gate),
})

/** Its queue has a limit of which its producer did not know. */
const join = (who: string): Racer => ({
  ...atGate(who, ofQueue),
  name: `join ${who}`.trim(),
  transition: () => gateIfDispatched({ ...asking, gate: ofQueue, request: `rt-${who}` }),
})

const park: Racer = {
  ...atGate('park', own),
  name: 'park',
  transition: () => parkIfDispatched({ ...asking, gate: own, request: 'rt-park' }),
}

const book: Racer = {
  ...atGate('book', own),
  name: 'book',
  transition: () => bookIfDispatched({ ...asking, gate: own, request: 'rt-book', slot: now + 30 * second }),
}

const dueNow = sample('RESERVED', { scheduledAt: now })
/** Its type had a limit once; its queue has one now. */
const gated = { ...dueNow, gate: own, pass: noPass }

export const gateRaces: readonly Race[] = [
  // The same message, delivered twice.
  race('two joins', dueNow, [join('A'), join('B')], inEitherOrder('RESERVED')),
  // One worker knows the limit already, the other does not: I22 allows that for five seconds.
  race('join · start', dueNow, [join(''), racer.start('B')], exclusive('RESERVED', 'IN_PROGRESS')),
  // The message in hand is proof enough: whoever sends another sends one too many.
  race('join · dispatch, hold over', dueNow, [join(''), racer.dispatch('by tick')], inEitherOrder('RESERVED')),
  race('join · reschedule', dueNow, [join(''), racer.reschedule], bothInOrder('SCHEDULED', 'SCHEDULED')),
  race('join · cancel', dueNow, [join(''), racer.cancel], bothInOrder('CANCELLED', 'CANCELLED')),
  race('join · delete', dueNow, [join(''), racer.remove], bothInOrder('gone', 'gone')),
  // A worker of the former code still knows the limit of the type.
  race('join · park', gated, [join(''), park], exclusive('RESERVED', 'AVAILABLE')),
  race('join · book', gated, [join(''), book], exclusive('RESERVED', 'RESERVED')),
  race('park · book', gated, [park, book], exclusive('AVAILABLE', 'RESERVED')),
  race(
    'park · dispatch, hold over',
    gated,
    [park, racer.dispatch('by tick')],
    [
      { applied: [true, false], left: 'AVAILABLE' },
      { applied: [true, true], left: 'AVAILABLE' },
    ],
  ),
  race('book · dispatch, hold over', gated, [book, racer.dispatch('by tick')], inEitherOrder('RESERVED')),
  race('book · cancel', gated, [book, racer.cancel], bothInOrder('CANCELLED', 'CANCELLED')),
]

/** Pairs with a transition of a unique key: T26 to T29. */
import { decideUnique } from '../../../lib/core/decide/unique-job.ts'
import { defaultPolicy as policy } from '../../../lib/core/definition/policy.ts'
import { isTerminal, type Job } from '../../../lib/core/job/job.ts'
import { cancelIfSeen, requestCancelIfRunning } from '../../../lib/core/transitions/cancel.ts'
import { isOwnReplacement, isOwnRequest } from '../../../lib/core/transitions/own-write.ts'
import * as keyed from '../../../lib/core/transitions/unique.ts'
import { homeFor, minute, now, sample } from '../conformance/sample.ts'
import { bothInOrder, exclusive, inEitherOrder, onlyFirst, type Race, race } from './race.ts'
import * as racer from './racers.ts'

const contentOf = (request: string, dueAt = now): keyed.JobContent => ({
  input: '{"n":2}',
  scheduledAt: dueAt,
  insertedAt: now,
  request,
})
const placing = (seen: Job) => ({ home: homeFor(seen), now, policy })

/** A producer reads again and decides again (place-keyed.ts). */
const asProducer =
  (request: string, onConflict: 'replace' | 'again') =>
  (item: Job | undefined): string =>
    item === undefined
      ? 'decides again: put'
      : `decides again: ${decideUnique(item, { scope: 'done', onConflict }, request).kind}`

const renew = (who: string): racer.Racer => ({
  name: `renew ${who}`.trim(),
  transition: seen => keyed.renewIfEnded(seen, contentOf(`rt-${who}`), placing(seen)),
  isMine: item => isOwnRequest(item, `rt-${who}`),
  learns: asProducer(`rt-${who}`, 'again'),
})

/** Puts it off, so that the message in hand comes too early. */
const replace = (who: string): racer.Racer => ({
  name: `replace ${who}`.trim(),
  transition: seen => keyed.replaceIfWaiting(seen, contentOf(`rt-${who}`, now + 20 * minute), placing(seen)),
  isMine: item => isOwnReplacement(item, `rt-${who}`),
  learns: asProducer(`rt-${who}`, 'replace'),
})

const askAgain = (who: string): racer.Racer => ({
  name: `ask again ${who}`.trim(),
  transition: seen => keyed.askAgainIfStarted(seen, contentOf(`rt-${who}`)),
  isMine: item => item !== undefined && keyed.nextOf(item)?.request === `rt-${who}`,
  learns: asProducer(`rt-${who}`, 'again'),
})

/** By whoever ended the job, by a producer that finds it so, or by the sweeper. */
const begin: racer.Racer = {
  name: 'begin next',
  transition: seen => keyed.beginNextIfEnded(seen, keyed.nextOf(seen) ?? contentOf('none'), placing(seen)),
  isMine: item => isOwnRequest(item, 'rt-next'),
  learns: item =>
    item?.next !== undefined && isTerminal(item.state) ? 'begins it, decided again' : 'nothing to do, sends nothing',
}

const cancelWithNext: racer.Racer = {
  ...racer.cancel,
  name: 'cancel also next',
  transition: seen => cancelIfSeen(seen, { now, request: 'rt-cancel', policy }, true),
}
const requestCancelWithNext: racer.Racer = {
  ...racer.requestCancel,
  name: 'cancel also next',
  transition: () => requestCancelIfRunning(now, 'rt-cancel', true),
}

const running = sample('IN_PROGRESS')
const leaseOver = sample('IN_PROGRESS', { leaseUntil: now - 1 })
const followed = sample('COMPLETED', {
  next: JSON.stringify(contentOf('rt-next')),
  lane: 'default#live#4',
  ttl: undefined,
})

export const uniqueRaces: readonly Race[] = [
  race('two renewals', sample('COMPLETED'), [renew('A'), renew('B')], exclusive('RESERVED', 'RESERVED')),
  race('renewal · requeue', sample('FAILED'), [renew(''), racer.requeue('by hand')], exclusive('RESERVED', 'RESERVED')),
  // A new generation is too young to be deleted: its put may still be under way.
  race('renewal · delete', sample('FAILED'), [renew(''), racer.remove], exclusive('RESERVED', 'gone')),
  race('renewal · late complete', sample('FAILED'), [renew(''), racer.lateComplete(3)], onlyFirst('RESERVED')),
  race('two replacements', sample('SCHEDULED'), [replace('A'), replace('B')], exclusive('SCHEDULED', 'SCHEDULED')),
  race(
    'replacement · start',
    sample('RESERVED'),
    [replace(''), racer.start('B')],
    exclusive('SCHEDULED', 'IN_PROGRESS'),
  ),
  // What an operator or the sweeper decided on the job before holds for the one that took its place: it is the same job.
  race(
    'replacement · run now',
    sample('SCHEDULED'),
    [replace(''), racer.runNow('by hand')],
    bothInOrder('RESERVED', 'RESERVED'),
  ),
  race('replacement · cancel', sample('SCHEDULED'), [replace(''), racer.cancel], bothInOrder('CANCELLED', 'CANCELLED')),
  race(
    'replacement · dispatch',
    sample('SCHEDULED', { scheduledAt: now }),
    [replace(''), racer.dispatch('by tick')],
    bothInOrder('RESERVED', 'RESERVED'),
  ),
  // Put off, the job is not what the sweeper has seen; sent, it has another token than the producer has seen.
  race(
    'replacement · dispatch, hold over',
    sample('RESERVED'),
    [replace(''), racer.dispatch('by tick')],
    exclusive('SCHEDULED', 'RESERVED'),
  ),
  race('two ask again', running, [askAgain('A'), askAgain('B')], exclusive('IN_PROGRESS', 'IN_PROGRESS')),
  race('ask again · complete', running, [askAgain(''), racer.complete], exclusive('IN_PROGRESS', 'COMPLETED')),
  race('ask again · retry', running, [askAgain(''), racer.retry], bothInOrder('RETRY', 'RETRY')),
  race('ask again · takeover', leaseOver, [askAgain(''), racer.takeOver('B')], inEitherOrder('IN_PROGRESS')),
  race('ask again · cancel', sample('RETRY'), [askAgain(''), racer.cancel], exclusive('RETRY', 'CANCELLED')),
  race(
    'ask again · cancel also next',
    sample('RETRY'),
    [askAgain(''), cancelWithNext],
    exclusive('RETRY', 'CANCELLED'),
  ),
  race(
    'ask again · cancel of a run, also next',
    running,
    [askAgain(''), requestCancelWithNext],
    inEitherOrder('IN_PROGRESS'),
  ),
  race('begin next · requeue', followed, [begin, racer.requeue('by hand')], exclusive('RESERVED', 'RESERVED')),
  race('begin next · delete', followed, [begin, racer.remove], exclusive('RESERVED', 'gone')),
]

/** How often each thing that can happen did happen. A zero in a long run is a failure of the simulation itself. */

import { decideDue } from '../../lib/core/decide/due-job.ts'
import { decideRefusedStart } from '../../lib/core/decide/refused-start.ts'
import { storedError } from '../../lib/core/history/stored-error.ts'
import { completeJob, type Job } from '../../lib/core/job/job.ts'
import type { Message } from '../../lib/core/job/message.ts'
import { isOwnRun } from '../../lib/core/transitions/own-write.ts'
import type { Transition } from '../../lib/core/transitions/transition.ts'
import { extraFaultClasses, faultClasses, retiredFaultClasses } from './faults.ts'
import { extraActs } from './plan.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'
import type { Refusal, Write } from './table.ts'

/** Asks the pure functions once more what they decided about each refusal and each due item. */
export function startCoverage(sim: Sim): void {
  sim.watchers.push({
    refused: refusal => countRefusal(sim, refusal),
    wrote({ before, after, transition }) {
      if (transition?.name === 'suspendIfOwner' && isDueAtOnce(after)) sim.count('flow continued in its next start')
      if (after?.state !== 'FAILED' || before?.state === 'FAILED') return
      const { name } = storedError(after.error ?? '')
      if (boundNames.has(name)) sim.count(`failed ${name}`)
    },
    told(_, event) {
      if (event.name === 'gate_repaired') sim.count('gate repaired')
      if (event.name === 'tick' && sim.plan.deepQueue !== undefined)
        sim.count(event.isComplete ? 'crowd tick complete' : 'crowd tick cut short')
    },
  })
  sim.facts.onRead = (proc, jobs) => {
    for (const job of jobs) countDue(sim, proc, job)
  }
}

const boundNames: ReadonlySet<string> = new Set(['TooOld', 'TooManySnoozes', 'NoProgress', 'NoTimeLeft', 'StepMisused'])

const isDueAtOnce = (job: Write['after']): boolean =>
  job?.state === 'SCHEDULED' && (job.scheduledAt ?? 0) <= (job.leaseUntil ?? 0)

function countRefusal(sim: Sim, { change, stored, writer }: Refusal): void {
  const { name, set } = change.transition
  if (writer === undefined || !name.startsWith('startIfDispatched')) return
  const message = sim.facts.of(writer).messages.get(change.id)
  if (message === undefined || set.startedAt === undefined || set.owner === undefined) return
  const item = stored === undefined ? undefined : completeJob(stored, sim.loop.now)
  if (isOwnRun(item, set.owner)) return sim.count('start run')
  const receives = sim.facts.of(writer).receives.get(change.id) ?? 1
  const hasMoved = name === 'startIfDispatchedMovingAt'
  const decision = decideRefusedStart(item, {
    message,
    receives,
    start: { now: set.startedAt, ...gateOf(message), ...slotOf(change.transition) },
    hasMoved,
  })
  sim.count(`start ${decision.kind}${whyOf(decision)}`)
}

const slotOf = ({ guard }: Transition): { readonly slot?: 'booked' } =>
  guard.some(({ attribute }) => attribute === 'pass') ? { slot: 'booked' } : {}

const gateOf = ({ gate }: Message): { readonly gate?: string } => (gate === undefined ? {} : { gate })

function countDue(sim: Sim, proc: Proc, job: Job): void {
  const decision = decideDue(job, proc.now(), sim.runner)
  sim.count(`due ${decision.kind}${whyOf(decision)}`)
}

function whyOf(decision: object): string {
  if ('why' in decision) return `: ${String(decision.why)}`
  return 'isLeaseOver' in decision ? (decision.isLeaseOver === true ? ': lease over' : ': attempts used up') : ''
}

const transitions = [
  'insert',
  'dispatchIfSeen',
  'startIfDispatched',
  'startIfDispatchedMovingAt',
  'failIfExhausted',
  'takeOverIfLeaseOver',
  'heartbeatIfOwner',
  'completeIfOwner',
  'commitIfOwner',
  'retryIfOwner',
  'failIfOwner',
  'snoozeIfOwner',
  'recoverIfLeaseOver',
  'failIfLeaseOver',
  'failIfOwnerThenOnFailed',
  'failIfLeaseOverThenOnFailed',
  'failIfExhaustedThenOnFailed',
  'cancelIfSeen',
  'requestCancelIfRunning',
  'requeueIfEnded',
  'rescheduleIfWaiting',
  'deleteIfIdle',
  'renewIfEnded',
  'replaceIfWaiting',
  'askAgainIfStarted',
  'beginNextIfEnded',
  'cancelIfLeaseOver',
  'orphanIfOwner',
  'cancelIfOwner',
  'skipIfOwner',
  'expireIfOwner',
  'expireIfSeen',
  'takeBackIfSeen',
  'fireAgainIfTakenBack',
  'fireAgainIfWaiting',
  'adoptIfAvailable',
  'adoptIfStray',
  'moveIfSeen',
  'parkIfDispatched',
  'gateIfDispatched',
  'bookIfDispatched',
  'dispatchBookedIfSeen',
  'lookLaterIfParked',
  'suspendIfOwner',
  'wakeIfSeen',
  'continueIfOwner',
  'tidyIfEnded',
  'lookLaterIfSeen',
  'pullIfMine',
]

const starts = [
  'run',
  'startMovingAt',
  'adopt',
  'takeOver',
  'cancel',
  'fail: lease over',
  'fail: attempts used up',
  'wait: no such job yet',
  'wait: fence not reached yet',
  'wait: another run holds the job',
  'wait: not due yet',
  'wait: written by a later release',
  'acknowledge: no such job',
  'acknowledge: fence never reached',
  'acknowledge: already FAILED',
  'acknowledge: already COMPLETED',
  'acknowledge: already CANCELLED',
  'acknowledge: waits for the dispatcher',
  'acknowledge: fence passed',
  'acknowledge: due too far ahead; the sweeper will send another',
]

const dues = [
  'dispatch',
  'recover',
  'end: cancelled',
  'end: crashed',
  'end: exhausted',
  'end: expired',
  'adopt',
  'move',
  'tidy',
  'parked',
  'later',
  'skip: already FAILED',
  'skip: already COMPLETED',
  'skip: already CANCELLED',
  'skip: looked at already',
  'skip: written by a later release',
]

const edits = ['SCHEDULED', 'RESERVED', 'IN_PROGRESS', 'RETRY', 'FAILED', 'COMPLETED', 'CANCELLED']
const transports = [
  'dead letter',
  'function timed out',
  'old receipt deletes nothing',
  'sweepers overlap',
  'stream record retried',
  'stream batch of several',
  'sandbox reused',
  'table scanned',
  'tick failed',
]
const acts = [...extraActs, 'foreign', 'damaged', 'garbage', 'purge', 'ttl deletes']
const answers = [
  'cancel cancelled',
  'cancel cancelRequested',
  'cancel notPossible',
  'requeue placed',
  'requeueLater placed',
  'reschedule placed',
  'runNow placed',
  'runNow notPossible',
  'delete deleted',
  'delete notPossible',
]
const handlers = [
  'succeed',
  'fail',
  'failForGood',
  'retryAfter',
  'snooze',
  'honour',
  'never',
  'ignore',
  'block',
  'beat',
  'exit',
  'obey',
  'beatUnawaited',
  'progressAfterEnd',
  'commit',
]
const enqueues = ['created', 'known', 'conflict', 'unavailable']

const deaths = ['fault killed', 'fault frozen']

/** What must not stay at zero in a long run of crowds. */
export const crowdCounts: readonly string[] = [
  'crowd tick cut short',
  'crowd tick complete',
  'crowd page beyond the first',
  'enqueue created',
  'write dispatchIfSeen',
  'fault storeThrottled',
]

const recordings = [
  'batch again',
  'batch doubled',
  'invocation died',
  'invocation outlived its batch',
  'answer lost',
  'write repeated',
  'shard split',
  'event put off',
  'event from the outbox',
]

/** What must not stay at zero in a long run of transfers. */
export const bankCounts: readonly string[] = [
  'write commitIfOwner',
  'transaction refused by job',
  'transaction storeThrottled',
  'transaction storeExecutedThenFailed',
  'transaction storeExecutedThenRefused',
  'transaction storeExecutedLate',
  ...deaths,
  'write takeOverIfLeaseOver',
  'write recoverIfLeaseOver',
  'write retryIfOwner',
]

/** What must not stay at zero in a long run. */
export const expectedCounts: readonly string[] = [
  ...[...faultClasses, ...extraFaultClasses]
    .filter(name => !retiredFaultClasses.has(name))
    .map(name => `fault ${name}`),
  ...transports.map(name => `transport ${name}`),
  ...[...acts, ...answers].map(name => `act ${name}`),
  ...edits.map(name => `edit from ${name}`),
  ...handlers.map(name => `handler ${name}`),
  ...enqueues.map(name => `enqueue ${name}`),
  ...transitions.map(name => `write ${name}`),
  ...starts.map(name => `start ${name}`),
  ...dues.map(name => `due ${name}`),
  ...recordings.map(name => `recorder ${name}`),
]

/** What must not stay at zero in a long run of failures. */
export const failureCounts: readonly string[] = [
  'write failIfOwnerThenOnFailed',
  'write failIfLeaseOverThenOnFailed',
  'write failIfExhaustedThenOnFailed',
  'write failIfOwnerThenOnFailedThenNext',
  'write requeueIfEnded',
  'write cancelIfSeen',
  'transaction refused by job',
  'transaction refused by follower',
  'transaction storeThrottled',
  'transaction storeExecutedThenFailed',
  'transaction storeExecutedThenRefused',
  'transaction storeExecutedLate',
  ...deaths,
]

/** What must not stay at zero in a long run of windows. */
export const windowCounts: readonly string[] = [
  'gate fallBehindIfNot',
  'gate catchUpIfSeen',
  'gate queueUp',
  'gate leaveLineIfSeen',
  'write dispatchIfSeen',
  'write joinLineIfSeen',
  'write requeueIfEnded',
  'write retryIfOwner',
  'write expireIfSeen',
  'write lookLaterIfParked',
  'write parkIfDispatched',
]

/** What must not stay at zero in a long run of limits. */
export const gateCounts: readonly string[] = [
  'gate takeIfFree',
  'gate takeOverIfSeen',
  'gate prolongIfMine',
  'gate freeIfSeen',
  'gate queueUp',
  'gate leaveLineIfSeen',
  'gate watchIfIdle',
  'gate leaveIfSeen',
  'gate repaired',
  'gate fault storeThrottled',
  'gate fault storeExecutedThenFailed',
  'gate fault storeExecutedThenRefused',
  'gate fault storeExecutedLate',
  'gate bookAlone',
  'gate bookRowIfSeen',
  'rate booked start',
  'rate start at once',
  'rate of a queue',
  'write bookIfDispatched',
  'write dispatchBookedIfSeen',
  'write parkIfDispatched',
  'write gateIfDispatched',
  'queue limited',
  'queue limit taken away',
  'write lookLaterIfParked',
  'write takeOverIfLeaseOver',
  'write recoverIfLeaseOver',
  ...deaths,
]

/** What must not stay at zero in a long run of schedules. */
export const scheduleCounts: readonly string[] = [
  'schedule putIfAbsent',
  'schedule advanceIfSeen',
  'schedule redefineIfSeen',
  'schedule removeIfSeen',
  'schedule addAgainIfSeen',
  'schedule rederiveIfSeen',
  'write skipIfOwner',
  'write takeBackIfSeen',
  'write fireAgainIfTakenBack',
  'write fireAgainIfWaiting',
  'fault tickDoubled',
  'fault killed',
]

/** What must not stay at zero in a long run of families. */
export const familyCounts: readonly string[] = [
  'handler family',
  'family joined',
  'batch placed',
  'batch followed',
  'child completed',
  'child failed',
  'child cancelled',
  'child gone',
  'recorder join lost',
  'recorder down',
  'recorder batch doubled',
  'write suspendIfOwner',
  'write wakeIfSeen',
  'write orphanIfOwner',
  'write requeueIfEnded',
  'write takeOverIfLeaseOver',
  'refused suspendIfOwner',
  ...deaths,
]

/** What must not stay at zero in a long run of workflows. */
export const workflowCounts: readonly string[] = [
  'handler flow',
  'flow rested',
  'flow compensated',
  'flow snoozed',
  'flow booked',
  'flow by a new release',
  'flow by an old release',
  'flow continued in its next start',
  'flow goes on as generation 2',
  'flow goes on as generation 3',
  'failed TooOld',
  'failed TooManySnoozes',
  'transaction refused step',
  'transaction transactionLate',
  'act signal sent',
  'act signal already',
  'act signal notPossible',
  'write suspendIfOwner',
  'write continueIfOwner',
  'write commitIfOwner',
  'refused continueIfOwner',
  'write wakeIfSeen',
  'write retryIfOwner',
  'write takeOverIfLeaseOver',
  'write recoverIfLeaseOver',
  'refused suspendIfOwner',
  ...deaths,
]

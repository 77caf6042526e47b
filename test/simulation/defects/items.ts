/** Defects in what is written into the item. */
import { type Defect, spoiling, unset } from './defect.ts'

const lessThan = ['completeIfOwner', 'cancelIfSeen', 'cancelIfOwner', 'cancelIfLeaseOver']

export const itemDefects: readonly Defect[] = [
  {
    name: 'row left when terminal',
    tamper: spoiling(lessThan, transition => ({
      ...transition,
      remove: transition.remove.filter(name => name !== 'lane'),
    })),
  },
  {
    name: 'row missing on retry',
    tamper: spoiling(['retryIfOwner'], transition => ({ ...transition, remove: [...transition.remove, 'lane'] })),
  },
  {
    name: 'ttl on a live job',
    tamper: spoiling(['requeueIfEnded', 'adoptIfAvailable'], transition => ({
      ...transition,
      remove: transition.remove.filter(name => name !== 'ttl'),
    })),
  },
  {
    name: 'console edit adopted without its generation',
    tamper: spoiling(['adoptIfAvailable'], unset('generation')),
  },
  {
    name: 'adopted without its tenant',
    tamper: spoiling(['adoptIfAvailable', 'adoptIfStray'], unset('tenant')),
  },
  {
    name: 'requeue keeps the counters',
    tamper: spoiling(['requeueIfEnded'], unset('attempt')),
  },
  {
    name: 'snooze uses up an attempt',
    tamper: spoiling(['snoozeIfOwner'], unset('attemptsLeft')),
  },
  {
    name: 'retry at once, whatever the backoff',
    tamper: spoiling(['retryIfOwner'], (transition, proc) => ({
      ...transition,
      set: { ...transition.set, scheduledAt: proc.now() },
    })),
  },
  {
    name: 'hold missing',
    tamper: spoiling(['dispatchIfSeen', 'recoverIfLeaseOver'], (transition, proc) => ({
      ...transition,
      set: { ...transition.set, lookAt: proc.now() },
    })),
  },
  {
    name: 'at unbounded above',
    tamper: spoiling(['startIfDispatchedMovingAt', 'retryIfOwner', 'takeOverIfLeaseOver'], unset('lookAt')),
  },
]

/** Defects about who may write. */
import type { Job } from '../../../lib/core/job/job.ts'
import { slowTicks } from '../directed.ts'
import { type Defect, misreading, spoiling, together, unguarded, without } from './defect.ts'

const leaseIsOver = (job: Job): Job => (job.state === 'IN_PROGRESS' ? { ...job, leaseUntil: 0 } : job)
const endsOfLeases = ['takeOverIfLeaseOver', 'recoverIfLeaseOver', 'failIfLeaseOver', 'cancelIfLeaseOver']

export const fencingDefects: readonly Defect[] = [
  { name: 'completion by id alone', tamper: spoiling(['completeIfOwner'], unguarded('owner', 'state')) },
  {
    name: 'retry written by any run',
    tamper: spoiling(['retryIfOwner', 'snoozeIfOwner'], unguarded('owner', 'state', 'snoozes')),
  },
  {
    name: 'takeover ignores the lease',
    tamper: together(
      spoiling(endsOfLeases, unguarded('leaseUntil')),
      misreading((job, proc) => (proc.kind === 'worker' ? leaseIsOver(job) : job)),
    ),
  },
  {
    name: 'sweeper rescues from the snapshot',
    tamper: spoiling(['recoverIfLeaseOver'], unguarded('state', 'owner', 'leaseUntil')),
    direct: slowTicks,
  },
  {
    name: 'heartbeat without owner',
    tamper: spoiling(['heartbeatIfOwner'], unguarded('owner', 'state', 'leaseUntil')),
  },
  {
    name: 'stale fence accepted',
    tamper: spoiling(['startIfDispatched', 'startIfDispatchedMovingAt'], unguarded('fence')),
  },
  {
    name: 'start ignores the due time',
    tamper: spoiling(['startIfDispatched', 'startIfDispatchedMovingAt'], unguarded('scheduledAt')),
  },
  {
    name: 'reschedule of a running job',
    tamper: spoiling(['rescheduleIfWaiting'], unguarded('state')),
  },
  {
    name: 'console edit forgets a lease',
    tamper: spoiling(['adoptIfAvailable'], ({ set, ...rest }, proc) => ({
      ...rest,
      set: { ...set, scheduledAt: Math.min(set.scheduledAt ?? 0, proc.now()) },
      remove: [...rest.remove, 'leaseUntil'],
    })),
  },
  {
    name: 'cancel flag ignored by a retry',
    tamper: spoiling(['retryIfOwner', 'snoozeIfOwner'], unguarded('cancelRequestedAt')),
  },
  {
    name: 'cancel flag ignored by a takeover',
    tamper: together(
      spoiling(['takeOverIfLeaseOver', 'recoverIfLeaseOver'], unguarded('cancelRequestedAt')),
      misreading(job => without(job, 'cancelRequestedAt')),
    ),
  },
  {
    name: 'pull without a guard',
    tamper: spoiling(['pullIfMine'], unguarded('fence', 'lookAt')),
  },
]

/** Who takes part in a race: the transition that it tries, and what it makes of a refusal. */
import { decideRefusedStart } from '../../../lib/core/decide/refused-start.ts'
import { defaultPolicy as policy } from '../../../lib/core/definition/policy.ts'
import { isTerminal, type Job } from '../../../lib/core/job/job.ts'
import { adoptIfAvailable } from '../../../lib/core/transitions/adopt.ts'
import { cancelIfSeen, requestCancelIfRunning } from '../../../lib/core/transitions/cancel.ts'
import { deleteIfIdle } from '../../../lib/core/transitions/delete.ts'
import { dispatchIfSeen, pullIfMine } from '../../../lib/core/transitions/dispatch.ts'
import { completeIfOwner, heartbeatIfOwner, retryIfOwner } from '../../../lib/core/transitions/finish.ts'
import { isOwnOutcome, isOwnRequest, isOwnRun } from '../../../lib/core/transitions/own-write.ts'
import { recoverIfLeaseOver } from '../../../lib/core/transitions/recover.ts'
import { requeueIfEnded, rescheduleIfWaiting } from '../../../lib/core/transitions/requeue.ts'
import { startIfDispatched, takeOverIfLeaseOver } from '../../../lib/core/transitions/start.ts'
import type { Transition } from '../../../lib/core/transitions/transition.ts'
import { homeFor, minute, now, second } from '../conformance/sample.ts'

export interface Racer {
  readonly name: string
  /** Decided on the item as both read it. */
  readonly transition: (seen: Job) => Transition
  /** Whether the item shows that this racer's own write was carried out. */
  readonly isMine: (item: Job | undefined) => boolean
  /** What it does when it was refused, told by the item that came back. */
  readonly learns: (item: Job | undefined) => string
}

/** The run that holds the samples that are running. */
const holder = 'owner-before-1234'
export const fence = 3
const error = { name: 'Error', message: 'it failed' }

const startOf = (owner: string) => ({ now, owner, policy })
/** What becomes of the message in hand. @param its the fence that it carries @param gate through which it was to start */
export const asMessage = (item: Job | undefined, owner: string, its = fence, gate?: string): string => {
  const message = { v: 1, id: 'any', fence: its, type: 'sample', at: now } as const
  if (isOwnRun(item, owner)) return 'run'
  const start = gate === undefined ? startOf(owner) : { ...startOf(owner), gate }
  const decision = decideRefusedStart(item, { message, receives: 1, start, hasMoved: true })
  return 'why' in decision ? `${decision.kind}: ${decision.why}` : decision.kind
}

export const start = (owner: string): Racer => ({
  name: `start ${owner}`,
  transition: () => startIfDispatched(fence, startOf(owner), false),
  isMine: item => isOwnRun(item, owner),
  learns: item => asMessage(item, owner),
})

/** The form that leaves the row alone: where `lookAt` lies within the new lease and a hold. */
export const startLeavingAt = (owner: string): Racer => ({
  ...start(owner),
  transition: () => startIfDispatched(fence, startOf(owner), true),
})

export const takeOver = (owner: string): Racer => ({
  name: `take over ${owner}`,
  transition: seen => takeOverIfLeaseOver(seen, fence, startOf(owner)),
  isMine: item => isOwnRun(item, owner),
  learns: item => asMessage(item, owner),
})

/** What a run that is refused its outcome does (record-outcome.ts). */
function asHolder(item: Job | undefined): string {
  if (!isOwnRun(item, holder)) return `late write; ${asMessage(item, '')}`
  if (item?.cancelRequestedAt !== undefined) return 'ends cancelled instead (T18)'
  return item?.next === undefined ? 'decides again' : 'ends so that the next begins'
}

export const complete: Racer = {
  name: 'complete',
  transition: seen => completeIfOwner({ job: seen, owner: holder, now, policy }, '"late"'),
  isMine: item => isOwnOutcome(item, holder),
  learns: asHolder,
}

const goneHolder = 'owner-long-gone1'

/** The same by a run whose job was taken from it long ago. @param its the fence of the message that it was started by */
export const lateComplete = (its: number): Racer => ({
  name: 'late complete',
  transition: seen => completeIfOwner({ job: seen, owner: goneHolder, now, policy }, '"late"'),
  isMine: item => isOwnOutcome(item, goneHolder),
  learns: item => `late write; ${asMessage(item, '', its)}`,
})

export const retry: Racer = {
  name: 'retry',
  transition: seen =>
    retryIfOwner({ job: seen, owner: holder, now, policy }, { dueAt: now + 30 * second, via: 'kept' }, error),
  isMine: item => isOwnOutcome(item, holder),
  learns: asHolder,
}

export const heartbeat: Racer = {
  name: 'heartbeat',
  transition: () => heartbeatIfOwner(holder, now + 69 * second, undefined),
  isMine: item => isOwnRun(item, holder),
  learns: item => (isOwnRun(item, holder) ? 'goes on' : 'its signal aborts: lost'),
}

/** An operator reads again and decides again (manage.ts). */
const asOperator =
  (act: string, fits: (item: Job) => boolean) =>
  (item: Job | undefined): string => {
    if (item === undefined) return 'notFound'
    return fits(item) ? `decides again: ${act}` : `notPossible: ${item.state}`
  }

const isWaiting = ({ state }: Job): boolean => state !== 'IN_PROGRESS' && !isTerminal(state)
const cancels = asOperator('cancel', ({ state }) => !isTerminal(state))

export const requestCancel: Racer = {
  name: 'cancel',
  transition: () => requestCancelIfRunning(now, 'rt-cancel'),
  isMine: item => isOwnRequest(item, 'rt-cancel'),
  learns: cancels,
}

export const cancel: Racer = {
  ...requestCancel,
  transition: seen => cancelIfSeen(seen, { now, request: 'rt-cancel', policy }),
}

export const requeue = (who: string): Racer => ({
  name: `requeue ${who}`.trim(),
  transition: seen => requeueIfEnded(seen, { dueAt: now, now, request: `rt-${who}`, policy, home: homeFor(seen) }),
  isMine: item => isOwnRequest(item, `rt-${who}`),
  learns: asOperator('requeue', ({ state }) => isTerminal(state)),
})

/** Decided on the generation before, and slow on its way: the job has run and failed once more since. */
export const lateRequeue: Racer = {
  ...requeue('late'),
  transition: seen =>
    requeueIfEnded(
      { ...seen, fence: seen.fence - 1 },
      { dueAt: now, now, request: 'rt-late', policy, home: homeFor({ ...seen, fence: seen.fence - 1 }) },
    ),
}

export const runNow = (who: string): Racer => ({
  name: `run now ${who}`.trim(),
  transition: seen => rescheduleIfWaiting(seen, { dueAt: now, now, request: `rt-${who}`, policy, home: homeFor(seen) }),
  isMine: item => isOwnRequest(item, `rt-${who}`),
  learns: asOperator('run now', isWaiting),
})

export const reschedule: Racer = {
  name: 'reschedule',
  transition: seen =>
    rescheduleIfWaiting(seen, { dueAt: now + 60 * minute, now, request: 'rt-reschedule', policy, home: homeFor(seen) }),
  isMine: item => isOwnRequest(item, 'rt-reschedule'),
  learns: asOperator('reschedule', isWaiting),
}

export const remove: Racer = {
  name: 'delete',
  transition: () => deleteIfIdle(now),
  isMine: item => item === undefined,
  learns: asOperator('delete', ({ state }) => state !== 'IN_PROGRESS'),
}

/** Sweeper and dispatcher: whoever is refused leaves the job to whoever was faster. */
const nothingToDo = (): string => 'nothing to do, sends nothing'

export const dispatch = (who: string): Racer => ({
  name: `dispatch ${who}`.trim(),
  transition: seen => dispatchIfSeen(seen, { now, request: `rt-${who}`, policy }),
  isMine: item => isOwnRequest(item, `rt-${who}`),
  learns: nothingToDo,
})

export const recover = (who: string): Racer => ({
  name: `recover ${who}`.trim(),
  transition: seen => recoverIfLeaseOver(seen, { now, request: `rt-${who}`, policy }),
  isMine: item => isOwnRequest(item, `rt-${who}`),
  learns: nothingToDo,
})

/** By a sweeper that read the item when an earlier run held it, and was slow. */
export const lateRecover: Racer = {
  ...recover('late'),
  transition: seen => recoverIfLeaseOver({ ...seen, owner: goneHolder }, { now, request: 'rt-late', policy }),
}

export const adopt = (who: string): Racer => ({
  name: `adopt ${who}`,
  transition: seen => adoptIfAvailable(seen, { now, request: `rt-${who}`, policy, home: homeFor(seen) }),
  isMine: item => isOwnRequest(item, `rt-${who}`),
  learns: nothingToDo,
})

/** T21, by the one whose send failed; there is nothing that it would have to know afterwards. */
export const pull: Racer = {
  name: 'pull',
  transition: seen => pullIfMine(seen, now),
  isMine: item => item?.lookAt === now,
  learns: () => 'nothing to do: the job has moved on',
}

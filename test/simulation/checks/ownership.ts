import { isTerminal } from '../../../lib/core/job/job.ts'
import { earlyStartMs, skewBudgetMs } from '../../../lib/core/values/times.ts'
import { type Check, isStart } from './check.ts'

/** What only the run that holds the job may write. */
const ownRows = new Set(['T8', 'T9', 'T10', 'T11', 'T12', 'T13'])

export const oneUnexpiredOwner: Check = {
  invariant: 'I2',
  what: 'at most one unexpired owner',
  looks: ({ facts, loop }) => ({
    wrote(write) {
      if (!isStart(write)) return undefined
      const holder = facts
        .job(write.id)
        .runs.find(
          run =>
            run.owner !== write.after?.owner &&
            run.leaseUntil !== undefined &&
            !run.isReleased &&
            run.leaseUntil - skewBudgetMs > loop.now,
        )
      return holder === undefined
        ? undefined
        : `${write.id} is started while ${holder.owner} of ${holder.proc.name} holds it`
    },
  }),
}

export const ownersWritesOnly: Check = {
  invariant: 'I2',
  what: 'no write of a run succeeds under another owner',
  looks: ({ facts }) => ({
    wrote({ id, before, transition, writer }) {
      if (transition === undefined) return undefined
      if (!ownRows.has(transition.row) && transition.name !== 'cancelIfOwner') return undefined
      const run = before?.owner === undefined ? undefined : facts.runs.get(before.owner)
      const isHeld = before?.state === 'IN_PROGRESS' && run?.proc === writer
      const claimed = transition.set.lastOwner
      if (isHeld && (claimed === undefined || claimed === before.owner)) return undefined
      return `${transition.name} of ${writer?.name} on ${id}, which is ${before?.state} under ${before?.owner}`
    },
  }),
}

export const oneHandlerAtWork: Check = {
  invariant: 'I2',
  what: 'no two handlers at work on one job, but for one that ignores its signal',
  looks: ({ facts }) => ({
    handler(run) {
      const other = facts
        .job(run.id)
        .runs.find(
          one =>
            one !== run &&
            one.signal !== undefined &&
            !one.isSettled &&
            !one.proc.isDead &&
            !one.proc.isStill &&
            !one.signal.aborted,
        )
      return other === undefined ? undefined : `${run.id} runs in ${run.proc.name} and still in ${other.proc.name}`
    },
  }),
}

export const effectsAccounted: Check = {
  invariant: 'I3',
  what: 'a completed job took effect; never more effects than starts; a second effect only after a recorded lease loss',
  looks: ({ facts }) => ({
    handler: ({ id, owner, handlerCalls }) =>
      handlerCalls > 1 ? `${id}: the handler was called twice under ${owner}` : undefined,
    atEnd() {
      for (const job of facts.jobs.values()) {
        const starts = job.runs.filter(({ leaseUntil }) => leaseUntil !== undefined).length
        if (job.handlerCalls > starts) return `${job.id}: ${job.handlerCalls} handler calls in ${starts} starts`
        if (job.completions > 0 && job.effects < 1) return `${job.id}: completed without effect`
        const allowed = job.completions + job.crashes + job.leasesCancelled + job.edits
        if (job.effects > allowed) {
          return `${job.id}: ${job.effects} effects, but ${job.completions} completions, ${job.crashes} crashes`
        }
      }
      return undefined
    },
  }),
}

export const clocksAgreeEnough: Check = {
  invariant: 'I14',
  what: 'nothing starts before its time or ends a lease early, by the clock of whoever does it',
  looks: () => ({
    wrote(write) {
      const { id, before, transition, writer } = write
      if (transition === undefined || writer === undefined || before === undefined) return undefined
      const now = writer.now()
      if (transition.row === 'T6' && isStart(write) && (before.scheduledAt ?? 0) > now + earlyStartMs) {
        return `${id} is started ${(before.scheduledAt ?? 0) - now} ms early`
      }
      const endsLease = ['T7', 'T14'].includes(transition.row) || transition.name.startsWith('cancelIfLeaseOver')
      const leftMs = (before.leaseUntil ?? 0) - now
      return endsLease && leftMs >= 0 ? `${transition.name} of ${id}, whose lease has ${leftMs} ms to go` : undefined
    },
    handler({ proc, id }, ctx) {
      const earlyMs = ctx.job.scheduledAt - proc.now()
      return earlyMs > 0 ? `the handler of ${id} is called ${earlyMs} ms early` : undefined
    },
  }),
}

export const endsAbsorb: Check = {
  invariant: 'I4',
  what: 'only a requeue, or a console edit that is adopted, leads out of a terminal state, in a new generation',
  looks: () => {
    const endedIn = new Map<string, number>()
    return {
      wrote(write) {
        const { id, before, after, transition, kind } = write
        if (after === undefined) endedIn.delete(id)
        else if (kind === 'change' && after.state !== undefined && isTerminal(after.state))
          endedIn.set(id, after.generation ?? 1)
        if (isStart(write) && endedIn.get(id) === (after?.generation ?? 1)) return `${id} runs again in its generation`
        if (before?.state === undefined || !isTerminal(before.state)) return undefined
        const isAllowed =
          kind === 'ttl' ||
          kind === 'edit' ||
          [
            'requeueIfEnded',
            'fireAgainIfTakenBack',
            'deleteIfIdle',
            'tidyIfEnded',
            'renewIfEnded',
            'beginNextIfEnded',
          ].includes(transition?.name ?? '')
        return isAllowed ? undefined : `${transition?.name} changes ${id}, which is ${before.state}`
      },
    }
  },
}

export const cancelIsFinal: Check = {
  invariant: 'I4',
  what: 'once its cancellation is on record, a job neither starts nor waits for another attempt, nor begins anew by itself',
  looks: () => ({
    wrote({ id, before, transition }) {
      const isEnd = transition?.name === 'continueIfOwner'
      const goesOn = isEnd || ['T6', 'T7', 'T11', 'T13', 'T14', 'T24'].includes(transition?.row ?? '')
      return goesOn && before?.cancelRequestedAt !== undefined
        ? `${transition?.name} of ${id}, which was cancelled`
        : undefined
    },
  }),
}

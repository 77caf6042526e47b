import { RunStopped } from '../../../lib/core/definition/handler-errors.ts'
import { functionMarginMs, keptMessageMs } from '../../../lib/core/values/times.ts'
import type { Check } from './check.ts'

/** The kill lag and twice the skew budget, and half a second for what happens in one instant. */
const keptOfLeaseMs = 9_000
const slackMs = 500

export const timedOutOnlyInTime: Check = {
  invariant: 'I15',
  what: 'a run is told that its time is up only when its lease, or its function, leaves it none',
  looks: ({ facts, table }) => ({
    aborted({ id, owner, proc, beatsOpen }, reason) {
      const item = table.raw(id)
      if (!(reason instanceof RunStopped) || reason.stop !== 'timedOut' || item?.owner !== owner) return undefined
      // A heartbeat that the table has, and the run does not know of.
      if (beatsOpen > 0) return undefined
      const leaseMs = (item.leaseUntil ?? 0) - keptOfLeaseMs
      const leftMs = Math.min(leaseMs, facts.of(proc).endAt - functionMarginMs) - proc.now()
      return leftMs > slackMs ? `the run of ${id} is told that its time is up, with ${leftMs} ms left` : undefined
    },
  }),
}

export const abortedDoesNotCount: Check = {
  invariant: 'I3',
  what: 'after its signal aborted, nothing that a handler returns completes its job',
  looks: ({ facts }) => ({
    wrote({ id, before, transition }) {
      if (transition?.row !== 'T9' || before?.owner === undefined) return undefined
      return facts.runs.get(before.owner)?.wasAborted === true
        ? `${id} is completed by what its handler returned when it had been told to stop`
        : undefined
    },
  }),
}

export const heldOutcomesTaken: Check = {
  invariant: 'I8',
  what: 'the outcome of a run that holds its job, and is not cancelled, is never refused',
  looks: ({ facts, table, loop }) => ({
    told(proc, event) {
      if (event.name !== 'late_write' || event.transition === 'the run') return undefined
      const item = table.raw(event.id)
      const run = item?.owner === undefined ? undefined : facts.runs.get(item.owner)
      const isHeld = item?.state === 'IN_PROGRESS' && run?.proc === proc && !table.isOfLater(event.id)
      // Its answer may have been on its way for long: what was refused is what stands now, if nobody wrote since.
      const isStill = loop.now - facts.job(event.id).writtenAt > 30_000
      return isHeld && isStill && item.cancelRequestedAt === undefined
        ? `${event.transition} of ${event.id} is refused, although ${proc.name} holds it`
        : undefined
    },
  }),
}

export const timesAreNumbers: Check = {
  invariant: 'I7',
  what: 'no write fails because one of its times is no number',
  looks: () => ({
    told(_, event) {
      const isSpoilt = 'error' in event && typeof event.error === 'string' && event.error.includes('Invalid time value')
      return isSpoilt ? `${event.name}: ${event.error}` : undefined
    },
  }),
}

/** A wait by visibility timeout is a message in flight. */
export const longWaitsLeaveTheQueue: Check = {
  invariant: 'I15',
  what: 'a job that waits for minutes keeps no message in flight',
  looks: ({ facts, plan }) => ({
    batchEnded(worker) {
      if (plan.profile !== 'calm') return undefined
      const { runs, hiddenMs } = facts.of(worker)
      const run = runs.find(({ id, retryInMs }) => retryInMs > 0 && (hiddenMs.get(id) ?? 0) > keptMessageMs + 1_000)
      return run === undefined ? undefined : `${run.id} waits for ${run.retryInMs} ms with its message in flight`
    },
  }),
}

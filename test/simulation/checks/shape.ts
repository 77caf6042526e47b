import { firstHoldMs, holdMs } from '../../../lib/core/definition/policy.ts'
import { policyOf } from '../../../lib/core/definition/runner.ts'
import { completeJob, isTerminal, maxAttemptsOf, type RawJob } from '../../../lib/core/job/job.ts'
import { laneOf } from '../../../lib/core/job/lane.ts'
import type { Sim } from '../sim.ts'
import type { Write } from '../table.ts'
import { type Check, isStart } from './check.ts'

/** A console edit or a foreign writer has been there, and T19 has not. */
const isUnadopted = ({ facts }: Sim, { id, kind, after, transition }: Write): boolean =>
  kind === 'edit' ||
  kind === 'foreign' ||
  (facts.job(id).awaitsAdoption && after?.state === 'AVAILABLE' && transition?.row !== 'T19')

export const rowWhileLive: Check = {
  invariant: 'I5',
  what: 'non-terminal ⇔ a live row with a time; never a ttl on a live job',
  looks: sim => ({
    wrote(write) {
      const { id, after, transition } = write
      if (after?.state === undefined || isUnadopted(sim, write)) return undefined
      const by = `after ${transition?.name ?? write.kind}`
      if (isTerminal(after.state)) {
        // Another job is to follow: the sweeper must find it (see checks/unique.ts).
        if (after.next !== undefined) return undefined
        return after.lane?.includes('#live#') === true ? `${id} is ${after.state} with a live row ${by}` : undefined
      }
      const lane = laneOf(after.queue ?? 'default', 'live', after.shard ?? 0)
      if (after.lane !== lane || after.lookAt === undefined) return `${id} is ${after.state} without a live row ${by}`
      return after.ttl === undefined && after.finishedAt === undefined ? undefined : `${id} lives with a ttl ${by}`
    },
  }),
}

export const attemptsCounted: Check = {
  invariant: 'I6',
  what: 'one attempt per start, never falling within a generation; attempt + attemptsLeft − snoozes = maxAttempts',
  looks: sim => ({
    wrote(write) {
      const { id, kind, transition } = write
      if (kind !== 'change' || write.before === undefined || write.after === undefined) return undefined
      const before = completeJob(write.before, 0)
      const after = completeJob(write.after, 0)
      if (before === undefined || after === undefined) return `${id} can not be read after ${transition?.name}`
      const isNext = (after.generation ?? 1) > (before.generation ?? 1)
      const expected = isStart(write) ? before.attempt + 1 : isNext ? 0 : before.attempt
      if (after.attempt !== expected)
        return `${transition?.name} of ${id}: attempt ${before.attempt} -> ${after.attempt}`
      if (isUnadopted(sim, write)) return undefined
      const sum = after.attempt + after.attemptsLeft - (after.snoozes ?? 0)
      return sum === maxAttemptsOf(after) && after.attemptsLeft >= 0
        ? undefined
        : `${transition?.name} of ${id}: ${after.attempt} + ${after.attemptsLeft} − ${after.snoozes ?? 0} of ${maxAttemptsOf(after)}`
    },
  }),
}

export const chargedAttemptsRun: Check = {
  invariant: 'I6',
  what: 'a start that was charged is run, or its worker died, or the store did not answer',
  looks: ({ facts, loop }) => ({
    batchEnded(worker) {
      const { storeFailed } = facts.of(worker)
      const idle = facts.runsOf(worker).find(
        run =>
          run.leaseUntil !== undefined &&
          run.handlerCalls === 0 &&
          !run.isReleased &&
          // An edit in the console takes the job away from its run.
          facts.job(run.id).edits === 0 &&
          !storeFailed.has(run.id) &&
          loop.now < run.leaseUntil - 15_000,
      )
      return idle === undefined ? undefined : `${worker.name} started ${idle.id} and never called its handler`
    },
  }),
}

export const noResurrection: Check = {
  invariant: 'I13',
  what: 'a put is carried out once; no write brings back what was deleted',
  looks: ({ facts }) => ({
    wrote({ id, kind, before, after, transition }) {
      if (kind === 'insert' && after?.request !== undefined && facts.job(id).putBy.has(after.request)) {
        return `${id} came back by the same put`
      }
      return kind === 'change' && before === undefined ? `${transition?.name} made ${id} out of nothing` : undefined
    },
  }),
}

/** What decides how late a look may be. */
const lookDependsOn = ['state', 'lookAt', 'leaseUntil', 'dispatches'] as const

/** It leaves the look as another clock has set it, for a time that is not earlier now. */
const isLeftAlone = (before: RawJob | undefined, after: RawJob): boolean =>
  lookDependsOn.every(name => before?.[name] === after[name]) && (after.scheduledAt ?? 0) >= (before?.scheduledAt ?? 0)

/** Found most of the faults in the first draft at once: nobody forgets a job for longer than a hold. */
export const atIsBounded: Check = {
  invariant: 'I10',
  what: 'after every write: RETRY or SCHEDULED with ≤ 1 dispatch has at ≤ due + hold₀, IN_PROGRESS at ≤ leaseUntil + hold₀',
  looks: sim => ({
    wrote(write) {
      const { id, before, after, transition, writer } = write
      if (after?.lookAt === undefined || after.type === undefined || isUnadopted(sim, write)) return undefined
      if (isLeftAlone(before, after)) return undefined
      const policy = policyOf(sim.runner, after.type)
      const latest = () => {
        switch (after.state) {
          case 'IN_PROGRESS':
            return (after.leaseUntil ?? 0) + firstHoldMs(policy)
          case 'RETRY':
          case 'SCHEDULED':
            return (after.scheduledAt ?? 0) + holdMs(policy, Math.max(0, (after.dispatches ?? 0) - 1))
          case 'RESERVED':
            // Its time may have been edited in the console to one that is still to come.
            return (
              Math.max(writer?.now() ?? sim.loop.now, after.scheduledAt ?? 0) +
              holdMs(policy, Math.max(0, (after.dispatches ?? 0) - 1))
            )
          default:
            return Number.POSITIVE_INFINITY
        }
      }
      // A look that is due now is never too late.
      const beyondMs = after.lookAt - Math.max(latest(), writer?.now() ?? sim.loop.now)
      return beyondMs > 0
        ? `${transition?.name ?? write.kind} leaves ${id} (${after.state}) alone for ${beyondMs} ms too long`
        : undefined
    },
  }),
}

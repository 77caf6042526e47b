import type { Backoff } from '../../../lib/core/definition/backoff.ts'
import { firstHoldMs, holdMs } from '../../../lib/core/definition/policy.ts'
import { policyOf } from '../../../lib/core/definition/runner.ts'
import { isTerminal } from '../../../lib/core/job/job.ts'
import { tickMs } from '../../../lib/core/values/times.ts'
import type { Run } from '../job-facts.ts'
import type { Behaviour } from '../plan.ts'
import type { Sim } from '../sim.ts'
import type { Check } from './check.ts'

/** The range that the documentation promises for the n-th failure, written down a second time. */
function promised(backoff: Backoff, n: number): readonly [number, number] {
  switch (backoff.kind) {
    case 'exponential':
      return [0, Math.min(backoff.capMs, backoff.baseMs * backoff.factor ** (n - 1))]
    case 'linear': {
      const delayMs = Math.min(backoff.capMs, backoff.stepMs * n)
      return [delayMs, delayMs]
    }
    case 'polynomial': {
      const base = n ** 4 * 1_000 + 15_000
      return [Math.min(backoff.capMs, base), Math.min(backoff.capMs, base + 30_000 * (n + 1))]
    }
    case 'fixed':
      return [backoff.delayMs, backoff.delayMs]
    case 'custom': {
      const delayMs = Number(backoff.delay(n, 0.5))
      return [delayMs, delayMs]
    }
  }
}

const delaysOf = (script: readonly Behaviour[] = []): readonly number[] =>
  script.flatMap(one => (one.kind === 'retryAfter' ? one.delayMs : []))

export const retryTimes: Check = {
  invariant: 'I7',
  what: 'the wait before an attempt lies within the bounds of its formula, or is what the handler asked for',
  looks: sim => ({
    wrote({ id, before, after, transition, writer }) {
      if (transition?.row !== 'T11' || before?.type === undefined || after?.scheduledAt === undefined) return undefined
      // The function had no time left to run it: tried again at once, whatever the backoff says.
      if (transition.set.error?.includes('"NoTimeLeft"') === true) return undefined
      const n = (before.attempt ?? 0) - (before.snoozes ?? 0)
      const [least, most] = promised(policyOf(sim.runner, before.type).backoff, n)
      const input = JSON.parse(before.input ?? '{}') as { n?: number }
      const asked = delaysOf(sim.plan.jobs[input.n ?? 0]?.script)
      const fromStartMs = after.scheduledAt - (before.startedAt ?? 0)
      const fromNowMs = after.scheduledAt - (writer?.now() ?? 0)
      const isAsked = asked.some(delayMs => delayMs >= least && fromStartMs >= delayMs && fromNowMs <= delayMs)
      if (isAsked || (fromStartMs >= least && fromNowMs <= most)) return undefined
      return `${id} waits ${fromNowMs} ms from now (${fromStartMs} from its start) after failure ${n}; promised: ${least} to ${most}`
    },
    told(_, event) {
      if (event.name !== 'job_retry') return undefined
      return Number.isFinite(event.retryInMs) && event.retryInMs >= 0 ? undefined : `a retry in ${event.retryInMs} ms`
    },
  }),
}

/** 1.1 s, twice the skew budget, and a second for answers. */
const onTimeMs = 1_100 + 4_000 + 1_500
/** What may hold a job up although it has nothing to do with it. */
const isPoisoned = ({ plan }: Sim): boolean =>
  plan.acts.some(({ act }) => act === 'garbage' || act === 'damaged') ||
  plan.jobs.some(({ script }) => script.some(({ kind }) => kind === 'never' || kind === 'ignore' || kind === 'fail'))

/** How late a handler is called whose job was placed when nothing went wrong any more. */
function latenessMs(sim: Sim, run: Run, dueAt: number): number {
  const { facts, plan, loop, table } = sim
  const job = facts.job(run.id)
  // Its gate may have been full.
  if (table.raw(run.id)?.gate !== undefined) return 0
  // In the quiet: of a run whose message has already brought an earlier one.
  const earlier = job.runs.findLast(one => one !== run && one.leaseUntil !== undefined)
  const isCalm = plan.profile === 'calm' || (earlier !== undefined && earlier.startedAt > sim.quietAt)
  // Slots for every job, and no message that is given up for having been received so often.
  const isRoomy = plan.concurrency >= 20 && plan.maxReceiveCount >= 1_000
  const isSimple = run.placement === 'T6' && (table.raw(run.id)?.crashes ?? 0) === 0
  // A handler that keeps the event loop busy holds up its batch: that is known, and why it must not.
  const isBlocked = plan.jobs.some(({ script }) => script.some(({ kind }) => kind === 'block'))
  // A queue that goes with a deploy takes its messages along: the job waits for its hold.
  const hasMoved = plan.move !== undefined
  if (!isCalm || !isRoomy || !isSimple || isBlocked || hasMoved || job.isPurged) return 0
  // A tick notices that a wait is over, within a minute.
  const isResting = plan.jobs.some(({ script }) => script.some(({ kind }) => kind === 'flow'))
  const noticedMs = isResting || table.raw(run.id)?.batch !== undefined ? tickMs : 0
  return loop.now - Math.max(dueAt, job.previouslyPlacedAt) - onTimeMs - noticedMs
}

export const onTime: Check = {
  invariant: 'I10',
  what: 'a job that is placed in calm starts within seconds of its due time',
  looks: sim => ({
    handler(run, { job }) {
      const late = isPoisoned(sim) ? 0 : latenessMs(sim, run, job.scheduledAt)
      return late > 0 ? `${run.id} starts ${late + onTimeMs} ms late` : undefined
    },
  }),
}

export const isolated: Check = {
  invariant: 'I15',
  what: 'failing, hanging and damaged jobs delay no other',
  looks: sim => ({
    handler(run, { job }) {
      const late = isPoisoned(sim) ? latenessMs(sim, run, job.scheduledAt) : 0
      return late > 0 ? `${run.id} starts ${late + onTimeMs} ms late among others that fail` : undefined
    },
  }),
}

export const neverForgotten: Check = {
  invariant: 'I10',
  what: 'once faults stop, a lost message costs its hold and two ticks, a lost run the first hold and two ticks',
  looks: sim => ({
    eachMinute() {
      const { table, loop, quietAt, plan, facts } = sim
      if (plan.concurrency < 20) return undefined
      for (const item of table.items()) {
        const { id, state, type, lookAt, scheduledAt, leaseUntil, dispatches } = item
        if (state === undefined || isTerminal(state) || type === undefined || lookAt === undefined) continue
        // In line: see gates.ts.
        if (id === undefined || table.isOfLater(id) || item.parked !== undefined) continue
        const policy = policyOf(sim.runner, type)
        const { awaitsAdoption, isAstray, foundAt } = facts.job(id)
        // What only the reconciler finds: an hour until it counts as forgotten, and the next scan.
        const scanMs = isAstray ? 3_600_000 + plan.reconcileMs + tickMs : 0
        const seenFrom = Math.max(awaitsAdoption || isAstray ? lookAt : 0, foundAt ?? 0)
        const since = Math.max(quietAt, state === 'IN_PROGRESS' ? (leaseUntil ?? 0) : (scheduledAt ?? 0), seenFrom)
        const hold = state === 'IN_PROGRESS' ? firstHoldMs(policy) : holdMs(policy, Math.max(0, (dispatches ?? 0) - 1))
        const lateMs = loop.now - since - hold - scanMs - 2 * tickMs - 15_000
        if (lateMs > 0) return `${id} is ${state}, ${lateMs} ms past its last chance`
      }
      return undefined
    },
  }),
}

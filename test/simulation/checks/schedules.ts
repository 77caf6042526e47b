/** I9: each occurrence of a schedule is one job, none is early, and none is lost but by its misfire policy. */
import { isTerminal } from '../../../lib/core/job/job.ts'
import { controlFrom } from '../../../lib/core/records/control.ts'
import { controlKey } from '../../../lib/core/records/keys.ts'
import type { StoredSchedule } from '../../../lib/core/records/schedule-record.ts'
import { definitionHash } from '../../../lib/core/schedule/definition.ts'
import { jitterOf, occurrenceOf } from '../../../lib/core/schedule/occurrences.ts'
import { leadMs, tickMs } from '../../../lib/core/values/times.ts'
import { plansByHash, type SchedulePlan, storedSchedules, timesOf } from '../schedules.ts'
import { type ScheduleWrite, type Sim, startAt } from '../sim.ts'
import type { Check, Finding } from './check.ts'

const invariant = 'I9'
const missedAfterMs = 60_000

/** What the policy lets run of the times of a window, at an instant: counted out by hand. */
function expected(schedule: StoredSchedule, times: readonly number[], now: number): readonly number[] {
  const { misfire } = schedule.definition
  const missed = times.filter(time => time < now - missedAfterMs)
  const inTime = times.filter(time => time >= now - missedAfterMs)
  if (misfire === 'skip') return inTime
  const { all, withinMs = Number.POSITIVE_INFINITY } = misfire === 'latest' ? { all: 1 } : misfire
  return [...missed.slice(-all).filter(time => time >= now - withinMs), ...inTime]
}

/** Those that must run whatever the instant of the decision was: some time between birth and write of its process. */
function mustRun(sim: Sim, plan: SchedulePlan, { before, after, writer }: ScheduleWrite): readonly number[] {
  if (before?.nextAt === undefined) return []
  const to = after?.nextAt ?? writer.bornAt + leadMs
  const times = timesOf(plan, { startAt, from: before.nextAt, to })
  const early = expected(before, times, writer.bornAt)
  const late = new Set(expected(before, times, sim.loop.now))
  return early.filter(time => late.has(time))
}

export const everyOccurrenceFired: Check = {
  invariant,
  what: 'when a schedule advances, every occurrence that it passes has its job, but for what the misfire policy drops',
  looks(sim) {
    const { schedules } = sim.plan
    if (schedules === undefined) return {}
    const plans = plansByHash(schedules)
    return {
      scheduled(write): Finding {
        const { name, before, after } = write
        const plan = plans.get(before?.hash ?? '')
        if (plan === undefined || before === undefined) return undefined
        if (name !== 'advanceIfSeen') return undefined
        for (const time of mustRun(sim, plan, write)) {
          const { jobId } = occurrenceOf(before.definition, time)
          const job = sim.table.raw(jobId)
          if (job === undefined || (job.state === 'CANCELLED' && job.code === 'schedule'))
            return `${plan.name} passes ${time - startAt} ms, whose job ${job === undefined ? 'is not there' : 'was taken back'} (next ${after?.nextAt})`
        }
        return undefined
      },
    }
  },
}

export const occurrencesRight: Check = {
  invariant,
  what: 'an occurrence is one job, at a time of its schedule, with the jitter that everybody computes, and input of its schedule',
  looks(sim) {
    const plans = sim.plan.schedules?.releases.flat() ?? []
    const ids = new Map<string, string>()
    return {
      wrote({ id, kind, after, transition }): Finding {
        if (after?.schedule === undefined || after.occurrence === undefined) return undefined
        if (kind !== 'insert' && transition?.name.startsWith('fireAgain') !== true) return undefined
        const { schedule, occurrence, scheduledAt = 0, input = '' } = after
        const known = ids.get(`${schedule} ${occurrence}`) ?? id
        ids.set(`${schedule} ${occurrence}`, known)
        if (known !== id) return `${schedule} at ${occurrence} is both ${known} and ${id}`
        const mine = plans.filter(
          plan =>
            plan.name === schedule && timesOf(plan, { startAt, from: occurrence, to: occurrence + 1 }).length === 1,
        )
        if (mine.length === 0) return `${schedule} has no time ${occurrence - startAt} ms`
        if (!mine.some(({ n }) => input === JSON.stringify({ n }))) return `${schedule} never had the input ${input}`
        const jitters = mine.map(({ options }) =>
          jitterOf(schedule, occurrence, Number.parseInt(options.jitter ?? '0s', 10) * 1_000),
        )
        if (jitters.includes(scheduledAt - occurrence)) return undefined
        return `${schedule} at ${occurrence - startAt} ms starts ${scheduledAt - occurrence} ms later; by its jitter: ${jitters.join(' or ')}`
      },
    }
  },
}

export const noneEarly: Check = {
  invariant,
  what: 'no occurrence starts before its time; with nothing down, 99 of 100 start within 1.1 s after it',
  looks(sim) {
    const lateMs: number[] = []
    return {
      handler(_, { job, attempt }): Finding {
        if (job.schedule === undefined) return undefined
        if (sim.loop.now < job.schedule.time) return `${job.id} starts ${job.schedule.time - sim.loop.now} ms early`
        if (attempt === 1) lateMs.push(sim.loop.now - job.scheduledAt)
        return undefined
      },
      atEnd(): Finding {
        if (sim.plan.schedules?.isPunctual !== true) return undefined
        const p99 = lateMs.toSorted((a, b) => a - b)[Math.ceil(lateMs.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY
        return p99 <= 1_100 ? undefined : `the 99th of 100 occurrences starts ${p99} ms late`
      },
    }
  },
}

/**
 * The jobs that one comes after. One that a sweeper put before it died, and that the misfire policy drops at the next tick,
 * stands in no line: it runs when its hold is over.
 */
function lineOf(sim: Sim, id: string): ReadonlySet<string> {
  const line = new Set<string>()
  let after = sim.table.raw(id)?.after
  while (after !== undefined && !line.has(after)) {
    line.add(after)
    after = sim.table.raw(after)?.after
  }
  return line
}

/** A slow store between the read of a decision and its write. */
const decisionMs = 30_000

export const overlapKept: Check = {
  invariant,
  what: 'unless a schedule allows it, no two of its jobs run at once, and none is skipped for one that has ended',
  looks: sim => ({
    handler(run): Finding {
      const job = sim.table.raw(run.id)
      if (job?.schedule === undefined || job.after === undefined) return undefined
      const line = lineOf(sim, run.id)
      for (const { id = '', schedule, state, owner, leaseUntil = 0 } of sim.table.items()) {
        const isOther = schedule === job.schedule && (line.has(id) || lineOf(sim, id).has(run.id))
        if (!isOther || state !== 'IN_PROGRESS' || leaseUntil <= sim.loop.now) continue
        // One that has started may still find out that it must not run.
        const isAtWork = sim.facts
          .job(id)
          .runs.some(one => one.owner === owner && one.handlerCalls > 0 && !one.isSettled)
        if (isAtWork) return `${run.id} starts while ${id} runs`
      }
      return undefined
    },
    wrote({ id, transition, before }): Finding {
      if (transition?.name !== 'skipIfOwner') return undefined
      const other = sim.table.raw(transition.set.after ?? '')
      const { state, finishedAt = 0 } = other ?? {}
      const hasEnded = state === undefined || isTerminal(state)
      const wasOver = hasEnded && finishedAt < (before?.startedAt ?? 0) - decisionMs
      return wasOver ? `${id} is skipped for ${transition.set.after}, which had ended` : undefined
    },
  }),
}

/** Two ticks, and what a tick takes. */
const settledMs = 3 * tickMs + 15_000

export const registeredAndOnTime: Check = {
  invariant,
  what: 'once faults stop, what is registered is what the code says, counted right, placed by the newest zones, and never behind',
  looks(sim) {
    const { schedules } = sim.plan
    if (schedules === undefined) return {}
    const plans = plansByHash(schedules)
    return {
      eachMinute(): Finding {
        if (sim.loop.now < sim.quietAt + settledMs) return undefined
        const stored = storedSchedules(sim.records, schedules)
        const declared = new Map(sim.runner.schedules.map(one => [one.name, definitionHash(one)]))
        const counted = stored.filter(({ status }) => status === 'ACTIVE' || status === 'PAUSED').length
        const { scheduleCount } = controlFrom(sim.records.read(controlKey))
        if (counted !== scheduleCount) return `${counted} schedules, of which ${scheduleCount} are counted`
        for (const [name, hash] of declared) {
          const found = stored.find(({ definition }) => definition.name === name)
          if (found?.hash !== hash) return `${name} is ${found === undefined ? 'not registered' : 'another definition'}`
        }
        return stored.map(schedule => wrongPlace(sim, plans, schedule)).find(found => found !== undefined)
      },
    }
  },
}

function wrongPlace(
  sim: Sim,
  plans: ReadonlyMap<string, SchedulePlan>,
  { status, nextAt = 0, hash, definition: { name } }: StoredSchedule,
): Finding {
  if (status !== 'ACTIVE') return undefined
  if (!sim.runner.schedules.some(one => one.name === name)) return `${name} left the code, and fires`
  if (nextAt < sim.loop.now - settledMs) return `${name} has been due for ${sim.loop.now - nextAt} ms`
  const plan = plans.get(hash)
  const [next] = plan === undefined ? [] : timesOf(plan, { startAt, from: sim.loop.now + leadMs + tickMs, to: nextAt })
  return next === undefined
    ? undefined
    : `${name} passes over ${next - startAt} ms: it is placed at ${nextAt - startAt} ms`
}

import { concurrencyOf, gateOf, limitOf, queueOfGate } from '../../../lib/core/definition/limit.ts'
import { defaultPolicy, leaseMs } from '../../../lib/core/definition/policy.ts'
import { gateFrom, jobOfTicket } from '../../../lib/core/records/gate.ts'
import { gateKey, gateOfId, ticketPrefix } from '../../../lib/core/records/keys.ts'
import { tatOf } from '../../../lib/core/records/rate.ts'
import type { StoredRecord } from '../../../lib/core/records/record.ts'
import { nextSlot } from '../../../lib/core/values/rate.ts'
import { skewBudgetMs, tickMs } from '../../../lib/core/values/times.ts'
import type { Run } from '../job-facts.ts'
import { highestLimit, limitInTruth } from '../queue-limits.ts'
import type { Sim } from '../sim.ts'
import type { Check } from './check.ts'

/** At work under a lease that is not over; one that ignores its signal may go on, as it may beyond its lease. */
const isAtWork = ({ loop }: Sim, run: Run): boolean => {
  const { signal, isSettled, proc, leaseUntil = 0 } = run
  if (signal === undefined || isSettled || proc.isDead || signal.aborted) return false
  return !proc.isStill || leaseUntil - skewBudgetMs > loop.now
}

export const limitKept: Check = {
  invariant: 'I22',
  what: 'no more handlers of one key at work, within their leases, than its limit allows',
  looks: sim => ({
    handler(run) {
      const { facts, table, runner } = sim
      const gate = table.raw(run.id)?.gate
      const max = gate === undefined || queueOfGate(gate) !== undefined ? undefined : concurrencyOf(runner, gate)
      if (max === undefined) return undefined
      const others = [...facts.runs.values()].filter(
        one => one !== run && table.raw(one.id)?.gate === gate && isAtWork(sim, one),
      )
      return others.length >= max
        ? `${run.id} runs next to ${others.map(({ id }) => id).join(', ')} of ${gate}, which allows ${max}`
        : undefined
    },
  }),
}

/** A limit set at run time is known everywhere after so long; a read that fails is repeated for half a second. */
export const knownMs = 5_000 + 2_000 + skewBudgetMs

/** What may have limited its start, from the clock reading of the run on. */
function limitOfStart(sim: Sim, queue: string, { startedAt, leaseUntil = Number.POSITIVE_INFINITY }: Run): number {
  const { timeoutMs = 0 } = sim.plan.types[0] ?? {}
  const began = Math.min(startedAt, leaseUntil - leaseMs({ ...defaultPolicy, timeoutMs }))
  return highestLimit(sim, queue, began - knownMs, startedAt)
}

export const queueLimitKept: Check = {
  invariant: 'I22',
  what: 'no run of a limited queue starts next to as many others as the highest limit of the last five seconds',
  looks: sim => {
    // A run that began while nothing limited the queue holds no place.
    const holders = new Set<Run>()
    return {
      handler(run) {
        const { facts, table } = sim
        if (facts.limits.length === 0) return undefined
        const queue = table.raw(run.id)?.queue ?? ''
        const others = [...holders].filter(
          one => one !== run && table.raw(one.id)?.queue === queue && isAtWork(sim, one),
        )
        if (Number.isFinite(limitOfStart(sim, queue, run))) holders.add(run)
        // Its handler may be called late: who started after it did so by a limit that counts this one, too.
        const youngest = others.reduce((one, other) => (other.startedAt > one.startedAt ? other : one), run)
        const max = limitOfStart(sim, queue, youngest)
        return others.length >= max
          ? `${run.id} runs next to ${others.map(({ id }) => id).join(', ')} of ${queue}, which allows ${max}`
          : undefined
      },
    }
  },
}

export const gateOfInput: Check = {
  invariant: 'I22',
  what: 'a job runs at the gate that its input says, also where another has taken its place or follows it',
  looks: sim => ({
    handler({ id }) {
      const job = sim.table.raw(id)
      const contract = sim.runner.jobs[job?.type ?? '']
      if (job === undefined || contract?.limit === undefined) return undefined
      const own = gateOf(contract, JSON.parse(job.input ?? '{}'))
      return own === job.gate ? undefined : `${id} runs at ${job.gate}, and its input says ${own}`
    },
  }),
}

/** Two ticks, one of which may have begun a moment before, and their answers. */
const noticedMs = 2 * tickMs + 15_000

const stayOf = ({ attributes: { parkedAt } }: StoredRecord): number => (typeof parkedAt === 'number' ? parkedAt : 0)

export const nobodyLostInLine: Check = {
  invariant: 'I23',
  what: 'a job in line has its ticket, or its own look brings one',
  looks: ({ table, records, loop, plan, quietAt }) => ({
    eachMinute() {
      if (plan.hasNoSweeper === true) return undefined
      const tickets = new Set(records.all().map(ticket => `${jobOfTicket(ticket)} ${stayOf(ticket)}`))
      for (const { id, state, parked, lookAt = 0 } of table.items()) {
        if (state !== 'AVAILABLE' || parked === undefined || tickets.has(`${id} ${parked}`)) continue
        if (Math.max(lookAt, quietAt) + noticedMs < loop.now)
          return `${id} is in line without a ticket, and nobody looks`
      }
      return undefined
    },
  }),
}

export const lineMovesOn: Check = {
  invariant: 'I23',
  what: 'a free place of a gate with waiters is filled at once, or within two ticks',
  looks: sim => {
    const freeSince = new Map<string, number>()
    return {
      eachMinute() {
        const { loop, records, plan } = sim
        if (plan.hasNoSweeper === true) return undefined
        const gates = records.all().flatMap(({ id, part }) => (part === 'gate' ? (gateOfId(id) ?? []) : []))
        for (const gate of gates) {
          if (!isStuck(sim, gate)) {
            freeSince.delete(gate)
            continue
          }
          const since = freeSince.get(gate) ?? loop.now
          freeSince.set(gate, since)
          if (loop.now - since > noticedMs)
            return `${gate} has a free place and jobs in line for ${loop.now - since} ms`
        }
        return undefined
      },
    }
  },
}

/** Longer than any answer takes in calm. */
const calmMs = 5_000

export const lineMovesAlone: Check = {
  invariant: 'I23',
  what: 'without a sweeper, and without a fault, no place of a gate stays free for 5 s while jobs are in line',
  looks: sim => ({
    everyMinute() {
      const { plan, records, loop } = sim
      if (plan.hasNoSweeper !== true) return undefined
      const gates = records.all().flatMap(({ id, part }) => (part === 'gate' ? (gateOfId(id) ?? []) : []))
      for (const gate of gates.filter(one => isStuck(sim, one))) {
        loop.after(calmMs, () => {
          if (isStuck(sim, gate))
            sim.violate('I23', `${gate} has a free place and jobs in line, and nobody hands it on`)
        })
      }
      return undefined
    },
  }),
}

/** A place is free, or is held by nobody who lives, and a job that has its ticket waits for it. */
function isStuck({ records, runner, table, loop }: Sim, gate: string): boolean {
  const key = gateKey(gate)
  const queue = queueOfGate(gate)
  const limit = queue === undefined ? limitOf(runner, gate) : limitInTruth({ records, runner }, queue)
  const { concurrency: max = Number.POSITIVE_INFINITY, rate } = limit ?? {}
  const hasSlot = rate === undefined || nextSlot(tatOf(records.read(key)), rate, loop.now) <= loop.now
  const used = [...gateFrom(records.read(key)).held].filter(([id, { by, until }]) => {
    const job = table.raw(id)
    return until >= loop.now || job?.state === 'RESERVED' || (job?.state === 'IN_PROGRESS' && job.owner === by)
  })
  const waiting = records.all().some(ticket => {
    const isThere = ticket.id === key.id && ticket.part.startsWith(ticketPrefix)
    const parked = isThere ? table.raw(jobOfTicket(ticket)) : undefined
    return parked?.state === 'AVAILABLE' && parked.parked !== undefined
  })
  return waiting && used.length < max && hasSlot
}

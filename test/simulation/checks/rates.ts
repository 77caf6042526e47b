import { limitOf, queueOfGate } from '../../../lib/core/definition/limit.ts'
import { passMs, type Rate } from '../../../lib/core/values/rate.ts'
import { hadRate, rateOfQueues } from '../queue-limits.ts'
import type { Sim } from '../sim.ts'
import type { Write } from '../table.ts'
import { type Check, isStart } from './check.ts'
import { knownMs } from './gates.ts'

function rateOf({ runner, plan }: Sim, gate: string | undefined): Rate | undefined {
  if (gate === undefined) return undefined
  return queueOfGate(gate) === undefined ? limitOf(runner, gate)?.rate : rateOfQueues(plan)
}

/** A start that takes no slot has none: of a queue whose rate its worker does not know yet, or that somebody took away. */
const isWithoutSlot = ({ transition, after }: Write): boolean =>
  transition?.set.pass === undefined && queueOfGate(after?.gate ?? '/') !== undefined

/** A start in a slot that the message had before. */
const isBooked = ({ transition }: Write): boolean =>
  transition?.guard.some(({ attribute }) => attribute === 'pass') === true

/** The instant for which the start was allowed. */
function slotOf(write: Write): number {
  const { startedAt = 0, scheduledAt = startedAt } = write.transition?.set ?? {}
  return isBooked(write) ? (write.before?.scheduledAt ?? 0) : scheduledAt
}

/** Rounding of a slot to milliseconds. */
const roundedMs = 1

/** The first of these slots that comes too soon after those before it. */
function tooSoon(slots: readonly number[], { everyUs, slackUs }: Rate): number | undefined {
  let tat = 0
  for (const slot of slots.toSorted((a, b) => a - b)) {
    if ((slot + roundedMs) * 1_000 < tat - slackUs) return slot
    tat = Math.max(tat, slot * 1_000) + everyUs
  }
  return undefined
}

export const rateKept: Check = {
  invariant: 'I24',
  what: 'in any time no more slots of one key than its burst and its rate allow; no start long after its slot',
  looks: sim => {
    const slots = new Map<string, number[]>()
    return {
      wrote(write) {
        const { after, id } = write
        const rate = rateOf(sim, after?.gate)
        if (!isStart(write) || rate === undefined || after?.gate === undefined) return undefined
        if (isWithoutSlot(write)) return undefined
        const slot = slotOf(write)
        const ofGate = [...(slots.get(after.gate) ?? []), slot]
        slots.set(after.gate, ofGate)
        const late = (after.startedAt ?? 0) - slot
        if (late > passMs) return `${id} starts ${late} ms after its slot`
        sim.count(isBooked(write) ? 'rate booked start' : 'rate start at once')
        if (queueOfGate(after.gate) !== undefined) sim.count('rate of a queue')
        const first = tooSoon(ofGate, rate)
        return first === undefined ? undefined : `the slot ${first} of ${after.gate} comes too soon, seen at ${id}`
      },
    }
  },
}

export const rateOfQueueKnown: Check = {
  invariant: 'I24',
  what: 'no job of a queue with a rate starts without a slot, from 5 s on after the rate was set',
  looks: sim => ({
    wrote(write) {
      const { startedAt = 0 } = write.transition?.set ?? {}
      const { id, after } = write
      if (!isStart(write) || rateOfQueues(sim.plan) === undefined || !isWithoutSlot(write)) return undefined
      return hadRate(sim, after?.queue ?? '', startedAt - knownMs, sim.loop.now)
        ? `${id} of ${after?.queue} starts without a slot`
        : undefined
    },
  }),
}

const onTimeMs = 1_100
/** Of a hundred starts one may be late: its worker may have been busy with others. */
const lateShare = 0.01

export const slotsMet: Check = {
  invariant: 'I24',
  what: 'in calm no handler is called before its slot, and 99 of 100 within 1.1 s of it',
  looks: sim => {
    const slots = new Map<string, number>()
    const late: number[] = []
    let starts = 0
    return {
      wrote(write) {
        const { after } = write
        const hasSlot = isStart(write) && !isWithoutSlot(write) && rateOf(sim, after?.gate) !== undefined
        if (hasSlot) slots.set(after?.owner ?? '', slotOf(write))
        return undefined
      },
      handler(run) {
        const slot = slots.get(run.owner)
        if (slot === undefined || sim.plan.profile !== 'calm') return undefined
        starts += 1
        const lateMs = sim.loop.now - slot
        if (lateMs > onTimeMs) late.push(lateMs)
        return lateMs < 0 ? `${run.id} is called ${-lateMs} ms before its slot` : undefined
      },
      atEnd() {
        return late.length > starts * lateShare
          ? `${late.length} of ${starts} starts are more than ${onTimeMs} ms after their slot: ${late.slice(0, 3).join(', ')} ms`
          : undefined
      },
    }
  },
}

export const noSlotWasted: Check = {
  invariant: 'I23',
  what: 'in calm a line is worked off as fast as its rate allows',
  looks: sim => {
    const starts = new Map<string, number[]>()
    return {
      wrote(write) {
        const gate = write.after?.gate
        if (isStart(write) && gate !== undefined && rateOf(sim, gate) !== undefined)
          starts.set(gate, [...(starts.get(gate) ?? []), slotOf(write)])
        return undefined
      },
      atEnd() {
        if (sim.plan.profile !== 'calm' || sim.plan.types.some(({ limit }) => limit?.concurrency !== undefined))
          return undefined
        for (const [gate, slots] of starts) {
          const everyMs = (rateOf(sim, gate)?.everyUs ?? 0) / 1_000
          const tookMs = Math.max(...slots) - Math.min(...slots)
          // Retries wait, too: the last of them may come when the line is empty already.
          const allowedMs = slots.length * everyMs + enqueuedWithinMs + retryMs
          if (tookMs > allowedMs) return `${slots.length} starts of ${gate} took ${tookMs} ms; at its rate ${allowedMs}`
        }
        return undefined
      },
    }
  },
}

const enqueuedWithinMs = 10_000
/** Two failures, each with its wait, and a place in the line behind those that came before. */
const retryMs = 90_000

import { storedError } from '../../../lib/core/history/stored-error.ts'
import { generationOf, type Job, lifeOf } from '../../../lib/core/job/job.ts'
import { type Cell, cellFrom } from '../../../lib/core/records/cell.ts'
import { partsOf } from '../../../lib/core/records/keys.ts'
import { wrongBooking } from '../ledger.ts'
import type { Sim } from '../sim.ts'
import { seenIn } from '../workflows.ts'
import type { Check } from './check.ts'

export const cellsStable: Check = {
  invariant: 'I25',
  what: 'all runs of a generation see one value under each name, made in that generation',
  looks: sim => {
    const look = () => seenIn(sim).unstable
    return { batchEnded: look, atEnd: look }
  },
}

export const stepsMadeOnce: Check = {
  invariant: 'I25',
  what: 'a run finds each step that its generation has made, under any release, and makes none again',
  looks: sim => {
    const look = () => seenIn(sim).repeated
    return {
      batchEnded: look,
      atEnd: look,
      wrote({ id, after, transition }) {
        if (transition === undefined || after?.state !== 'FAILED') return undefined
        // The end of a rest may lie beyond the age that a job may reach.
        const isAged = sim.runner.jobs[after.type ?? '']?.policy.maxDurationMs !== undefined
        const { name, message } = storedError(after.error ?? '')
        return name === 'StepMisused' && !isAged ? `${id} fails for its steps: ${message}` : undefined
      },
    }
  },
}

export const bookedOnce: Check = {
  invariant: 'I26',
  what: 'what a step writes with its cell is written once in a generation, and never without the cell',
  looks: sim => {
    const look = () => wrongBooking(sim, seenIn(sim).bookings)
    return { batchEnded: look, atEnd: look }
  },
}

export const endedByItsBounds: Check = {
  invariant: 'I31',
  what: 'a job that gets on ends neither for its rests nor for its snoozes, but at its maxDuration',
  looks: sim => {
    const look = () => seenIn(sim).overdue
    return {
      batchEnded: look,
      atEnd: look,
      wrote({ id, before, after }) {
        if (before?.state !== 'IN_PROGRESS' || after?.state !== 'FAILED') return undefined
        if (storedError(after.error ?? '').name !== 'TooManySnoozes') return undefined
        const { maxSnoozes = 0 } = sim.runner.jobs[after.type ?? '']?.policy ?? {}
        const made = cellsOf(sim, before as Job).filter(({ madeAt }) => madeAt < (before.startedAt ?? 0))
        const last = Math.max(0, ...made.map(({ attempt = 0 }) => attempt))
        if (last === 0 || (before.attempt ?? 0) - last > maxSnoozes) return undefined
        return `${id} has snoozed too often, and got on in attempt ${last} of ${before.attempt}`
      },
    }
  },
}

function cellsOf({ records }: Sim, job: Job): readonly Cell[] {
  const prefix = partsOf('cell', lifeOf(job), generationOf(job))
  return records.all().flatMap(record => {
    const isOurs = record.id === job.id && record.part.startsWith(prefix)
    return (isOurs ? cellFrom(record) : undefined) ?? []
  })
}

/** Waits for nothing any more: everything that it waited for has come. */
function isForgotten(sim: Sim, job: Job): boolean {
  const cells = cellsOf(sim, job)
  const came = new Set(cells.flatMap(({ kind, name }) => (kind === 'signal' ? [name] : [])))
  const waits = cells.filter(({ kind }) => kind === 'wait')
  return waits.length > 0 && waits.every(({ name }) => came.has(name))
}

export const noSignalSlept: Check = {
  invariant: 'I27',
  what: 'a job waits only for what has not come: no run rests past a signal that it has not seen',
  looks: sim => ({
    wrote({ id, transition, after }) {
      if (transition?.name !== 'suspendIfOwner' || after?.state !== 'WAITING') return undefined
      return isForgotten(sim, after as Job) ? `${id} waits, and all its signals have come` : undefined
    },
    everyMinute() {
      const forgotten = [...sim.table.items()].find(job => job.state === 'WAITING' && isForgotten(sim, job as Job))
      return forgotten === undefined ? undefined : `${forgotten.id} waits, and all its signals have come`
    },
  }),
}

export const restsAreNoAttempts: Check = {
  invariant: 'I31',
  what: 'a run that rests uses up no attempt, and rests until a time, or for a signal',
  looks: () => ({
    wrote({ id, transition, before, after }) {
      if (transition?.name !== 'suspendIfOwner' || before === undefined || after === undefined) return undefined
      const isRest = after.state === 'WAITING' || after.state === 'SCHEDULED'
      if (!isRest || after.scheduledAt === undefined) return `${id} rests as ${after.state}`
      return (after.attemptsLeft ?? 0) > (before.attemptsLeft ?? 0)
        ? undefined
        : `${id} rests at the cost of an attempt`
    },
  }),
}

import { policyOf } from '../../../lib/core/definition/runner.ts'
import { isTerminal } from '../../../lib/core/job/job.ts'
import { tickMs } from '../../../lib/core/values/times.ts'
import { type Check, isStart } from './check.ts'

export const adoptedByContract: Check = {
  invariant: 'I6',
  what: 'a job from outside gets the queue and the attempts of its contract, and never starts more often',
  looks: ({ facts, runner: first }) => ({
    wrote(write) {
      const { id, after, transition, writer } = write
      if (after?.type === undefined || writer === undefined) return undefined
      const runner = facts.of(writer).runner ?? first
      const { maxAttempts } = policyOf(runner, after.type)
      const queue = runner.jobs[after.type]?.queue
      if (transition?.row === 'T19' && queue !== undefined && after.queue !== queue) {
        return `${transition.name} takes ${id} into queue ${after.queue}; its contract says ${queue}`
      }
      const starts = (after.attempt ?? 0) - (after.snoozes ?? 0)
      // One that ended before anybody adopted it has what the format says.
      return isStart(write) && starts > maxAttempts && facts.job(id).isByContract
        ? `${id} starts for the ${starts}th time; its contract allows ${maxAttempts}`
        : undefined
    },
  }),
}

/** What the sweeper writes from a page that it has read: it hands out, looks later, takes a send back. */
const harmlessRows = new Set(['T5', 'T20', 'T21', 'T22'])

export const laterReleaseLeftAlone: Check = {
  invariant: 'I19',
  what: 'a job of a later release is neither run, ended nor repaired, and its messages are kept',
  looks: ({ facts, loop }) => ({
    wrote({ id, kind, transition, writer, isOfLater }) {
      // Read a moment before the later release wrote: harmless, since a message alone starts nothing.
      const wasMeant = loop.now - facts.job(id).writtenAt < tickMs && harmlessRows.has(transition?.row ?? '')
      return kind === 'change' && isOfLater && !wasMeant
        ? `${writer?.name} changes ${id} by ${transition?.name}: a later release wrote it`
        : undefined
    },
  }),
}

/** A look and two ticks: a console edit into an end leaves the row of the job where it was. */
export const endsTidied: Check = {
  invariant: 'I5',
  what: 'a job that a console edit ended leaves the lane of the live ones, and expires',
  looks: ({ table, facts }) => ({
    atEnd() {
      for (const { id, state, lane, ttl, lookAt } of table.items()) {
        if (id === undefined || state === undefined || !isTerminal(state) || lookAt === undefined) continue
        if (facts.job(id).isAstray || table.isOfLater(id)) continue
        if (lane?.includes('#live#') === true) return `${id} is ${state}, and the sweeper looks at it for ever`
        if (lane !== undefined && ttl === undefined) return `${id} is ${state}, and never expires`
      }
      return undefined
    },
  }),
}

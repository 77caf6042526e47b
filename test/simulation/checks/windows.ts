import { ticketKeyOf } from '../../../lib/app/gates/window-line.ts'
import { controlKey } from '../../../lib/core/records/keys.ts'
import { pauseOf, pausesFrom } from '../../../lib/core/records/pause.ts'
import { type BeyondWindow, isBeyondWindow } from '../../../lib/core/transitions/window.ts'
import { tickMs } from '../../../lib/core/values/times.ts'
import type { Sim } from '../sim.ts'
import type { Check } from './check.ts'

/** Two ticks, one of which may have begun a moment before, and their answers. */
const noticedMs = 2 * tickMs + 15_000

/** Jobs that wait for room in a queue, and have their tickets. */
function inLine({ table, records }: Sim, queue: string): readonly BeyondWindow[] {
  return [...table.items()]
    .flatMap(({ id = '' }) => table.read(id) ?? [])
    .filter(isBeyondWindow)
    .filter(job => job.queue === queue && records.read(ticketKeyOf(job))?.attributes['parkedAt'] === job.parked)
}

export const windowMovesOn: Check = {
  invariant: 'I23',
  what: 'a queue that has room, and jobs in line, is filled at once, or within two ticks',
  looks: sim => {
    const freeSince = new Map<string, number>()
    return {
      eachMinute() {
        const { loop, plan, queues, records, runner } = sim
        if (plan.window === undefined || plan.hasNoSweeper === true) return undefined
        const pauses = pausesFrom(records.read(controlKey))
        for (const queue of Object.keys(runner.queues)) {
          const isPaused = pauseOf(pauses, queue, loop.now) !== undefined
          const isWaiting = inLine(sim, queue).some(job => job.scheduledAt <= loop.now)
          if (isPaused || queues.depth(queue).visible >= plan.window || !isWaiting) {
            freeSince.delete(queue)
            continue
          }
          const since = freeSince.get(queue) ?? loop.now
          freeSince.set(queue, since)
          if (loop.now - since > noticedMs) return `${queue} has room, and jobs in line for ${loop.now - since} ms`
        }
        return undefined
      },
    }
  },
}

/** Whoever read the line so long ago has handed out what he read. */
const settledMs = 5_000

export const urgentFirst: Check = {
  invariant: 'I37',
  what: 'of the jobs in line before a queue, the urgent one is handed out first, then the earlier due',
  looks: sim => ({
    wrote({ before, transition }) {
      const { loop, plan, table } = sim
      if (plan.window === undefined || Object.keys(plan.rates).length > 0 || transition?.row !== 'T5') return undefined
      const job = before?.id === undefined ? undefined : { ...before }
      if (job === undefined || !isBeyondWindow(job as BeyondWindow)) return undefined
      const own = ticketKeyOf(job as BeyondWindow).part
      const passedOver = inLine(sim, job.queue ?? '').find(
        one =>
          one.id !== job.id &&
          Math.max(one.parked, one.scheduledAt) + settledMs < loop.now &&
          ticketKeyOf(one).part < own,
      )
      return passedOver === undefined || table.raw(passedOver.id)?.state !== 'AVAILABLE'
        ? undefined
        : `${job.id} is handed out before ${passedOver.id}, which is before it in line`
    },
  }),
}

/** Operators who pause a queue and let it go on; what they were answered is what counts. */
import { pauseQueue, resumeQueue } from '../../lib/app/operate/queues.ts'
import type { PauseFacts } from './job-facts.ts'
import type { PausePlan } from './plan.ts'
import { type Sim, startAt } from './sim.ts'
import { untilDone } from './until-done.ts'

export function startPauses(sim: Sim): void {
  for (const plan of sim.plan.pauses ?? [])
    sim.loop.at(startAt + plan.atMs, () => pauseUntilDone(sim, plan, sim.facts.pauses))
}

function pauseUntilDone(sim: Sim, plan: PausePlan, pauses: PauseFacts[]): void {
  untilDone(
    sim,
    deps => pauseQueue(deps, plan.queue),
    () => {
      const facts = { queue: plan.queue, from: sim.loop.now, until: Number.POSITIVE_INFINITY }
      pauses.push(facts)
      sim.count('queue paused')
      sim.loop.after(plan.forMs, () => {
        facts.until = sim.loop.now
        resumeUntilDone(sim, plan.queue)
      })
    },
  )
}

const resumeUntilDone = (sim: Sim, queue: string): void =>
  untilDone(
    sim,
    deps => resumeQueue(deps, queue),
    () => sim.count('queue resumed'),
  )

/** Operators who pause a queue and let it go on; what they were answered is what counts. */
import { pauseQueue, resumeQueue } from '../../lib/app/operate/queues.ts'
import type { PauseFacts } from './job-facts.ts'
import type { PausePlan } from './plan.ts'
import { type Sim, startAt } from './sim.ts'

const againMs = 5_000

export function startPauses(sim: Sim): void {
  for (const plan of sim.plan.pauses ?? [])
    sim.loop.at(startAt + plan.atMs, () => pauseUntilDone(sim, plan, sim.facts.pauses))
}

function pauseUntilDone(sim: Sim, plan: PausePlan, pauses: PauseFacts[]): void {
  void asked(
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
  void asked(
    sim,
    deps => resumeQueue(deps, queue),
    () => sim.count('queue resumed'),
  )

/** Again and again: a person who was answered with an error, or with nothing, tries once more. */
async function asked(
  sim: Sim,
  act: (deps: ReturnType<Sim['depsFor']>) => Promise<unknown>,
  done: () => void,
): Promise<void> {
  const operator = sim.spawn('operator')
  const again = (): void => sim.loop.after(againMs, () => void asked(sim, act, done))
  operator.onDeath(again)
  sim.loop.wake()
  const isDone = await act(sim.depsFor(operator)).then(
    () => true,
    () => false,
  )
  if (operator.isDead) return
  operator.end()
  if (isDone) done()
  else again()
}

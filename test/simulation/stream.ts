import { completeJob, type RawJob } from '../../lib/core/job/job.ts'
import type { Sim } from './sim.ts'

/** The table's stream: every item that *becomes* AVAILABLE reaches the dispatcher, at least once, until it succeeds. */
export function startStream(sim: Sim): void {
  sim.watchers.push({
    wrote({ before, after }) {
      if (after?.state !== 'AVAILABLE' || before?.state === 'AVAILABLE') return
      const { faults } = sim
      const delayMs = faults.happens('streamDelayed')
        ? faults.chance('streamDelayed').spread(1_000, 300_000)
        : sim.chance.int(50, 900)
      deliver(sim, after, delayMs)
      if (faults.happens('streamDoubled')) deliver(sim, after, faults.chance('streamDoubled').spread(50, 600_000))
    },
  })
}

function deliver(sim: Sim, image: RawJob, delayMs: number): void {
  sim.loop.after(delayMs, () => dispatchOne(sim, image))
}

const functionMs = 60_000

function dispatchOne(sim: Sim, image: RawJob): void {
  const { loop, uses, facts } = sim
  const dispatcher = sim.spawn('dispatcher')
  const again = () => {
    sim.count('transport stream record retried')
    deliver(sim, image, sim.chance.spread(500, 20_000))
  }
  dispatcher.onDeath(again)
  loop.after(functionMs, () => dispatcher.kill('function timeout'))
  const job = completeJob(image, dispatcher.now())
  if (job === undefined) return dispatcher.end()
  loop.wake()
  facts.sawImage(dispatcher, job)
  uses.startAvailable(sim.depsFor(dispatcher), [job]).then(
    failedIds => {
      if (dispatcher.isDead) return
      facts.placerEnded(dispatcher)
      dispatcher.end()
      if (failedIds.length > 0) again()
    },
    (error: unknown) => {
      if (dispatcher.isDead) return
      sim.violate('I15', `the dispatcher threw ${String(error)}`)
      dispatcher.end()
    },
  )
}

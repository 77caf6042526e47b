/** People who ask again: an answer that is an error, or none, leaves them where they were. */
import type { Sim } from './sim.ts'

const againMs = 5_000

export function untilDone(
  sim: Sim,
  act: (deps: ReturnType<Sim['depsFor']>) => Promise<unknown>,
  done: () => void,
): void {
  void asked(sim, act, done)
}

async function asked(sim: Sim, act: Parameters<typeof untilDone>[1], done: () => void): Promise<void> {
  const operator = sim.spawn('operator')
  const again = (): void => sim.loop.after(againMs, () => untilDone(sim, act, done))
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

/** People who ask again: an answer that is an error, or none, leaves them where they were. */
import type { Sim } from './sim.ts'

const againMs = 5_000

type Act = (deps: ReturnType<Sim['depsFor']>) => Promise<unknown>

export function untilDone(sim: Sim, act: Act, done: () => void, kind: 'operator' | 'client' = 'operator'): void {
  void asked(sim, { act, done, kind })
}

interface Asking {
  readonly act: Act
  readonly done: () => void
  readonly kind: 'operator' | 'client'
}

async function asked(sim: Sim, { act, done, kind }: Asking): Promise<void> {
  const operator = sim.spawn(kind)
  const again = (): void => sim.loop.after(againMs, () => untilDone(sim, act, done, kind))
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

import type { TransactOutcome } from '../../lib/ports/record-store.ts'
import type { FaultClass } from './faults.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'

/** A transaction that nobody waits for any more may still be carried out. */
const latestMs = 40_000

const failed = (why: string): TransactOutcome => ({ kind: 'failed', error: new Error(why) })

/** What befalls one transaction. */
const faultsOf = [
  'storeThrottled',
  'storeExecutedThenFailed',
  'storeExecutedThenRefused',
  'storeExecutedLate',
  'storeUnreachable',
  'transactionLate',
] as const satisfies readonly FaultClass[]

/** One transaction as one process makes it: request, execution and answer are three instants, and each may fail. */
export function transactThrough(sim: Sim, proc: Proc, execute: () => TransactOutcome): Promise<TransactOutcome> {
  const { loop, faults, chance } = sim
  const latency = () =>
    faults.happens('storeSlow') ? faults.chance('storeSlow').spread(50, 12_000) : chance.int(1, 12)
  return new Promise(resolve => {
    const answer = (outcome: TransactOutcome, afterMs: number): void => {
      loop.after(afterMs, () =>
        proc.resume(() => {
          proc.step()
          if (!proc.isDead) proc.resume(() => resolve(outcome))
        }),
      )
    }
    proc.resume(() => {
      proc.step()
      if (proc.isDead) return
      loop.after(latency(), () => {
        const isAnswered = !faults.happens('storeAnswerLost')
        const { outcome, afterMs } = befallen(sim, execute)
        proc.step()
        if (isAnswered) answer(outcome, afterMs + latency())
      })
    })
  })
}

function befallen(
  { faults, loop, count }: Sim,
  execute: () => TransactOutcome,
): { readonly outcome: TransactOutcome; readonly afterMs: number } {
  const fault = faultsOf.find(one => faults.happens(one))
  if (fault !== undefined) count(`transaction ${fault}`)
  switch (fault) {
    case undefined:
      return { outcome: execute(), afterMs: 0 }
    case 'storeThrottled':
      return { outcome: { kind: 'busy', error: new Error('throttled') }, afterMs: 0 }
    case 'storeExecutedThenFailed':
      execute()
      return { outcome: failed('answer lost'), afterMs: 0 }
    // The SDK asks again, under the same token.
    case 'storeExecutedThenRefused': {
      execute()
      return { outcome: execute(), afterMs: faults.chance(fault).spread(20, 20_000) }
    }
    case 'transactionLate':
      loop.after(faults.chance(fault).int(20, latestMs), () => execute())
      return { outcome: failed('timed out'), afterMs: 0 }
    case 'storeExecutedLate':
      loop.after(faults.chance(fault).spread(20, latestMs), () => execute())
      return { outcome: failed('timed out'), afterMs: 0 }
    case 'storeUnreachable':
      return { outcome: failed('unreachable'), afterMs: 0 }
  }
}

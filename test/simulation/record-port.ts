import { Unavailable } from '../../lib/core/values/errors.ts'
import type { RecordStore } from '../../lib/ports/record-store.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'
import { transactThrough } from './transact-port.ts'

/** A call as one process makes it: request, execution and answer are three instants, and either may fail. */
type Call = <T>(execute: () => Promise<T>) => Promise<T>

/** The records as one process sees them, with the faults of reads. */
export function recordPort(sim: Sim, proc: Proc): RecordStore {
  const { records } = sim
  const call: Call = execute => carryOut(sim, proc, execute)
  return {
    putIfAbsent: entries => call(() => records.putIfAbsent(entries)),
    update: updates => call(() => records.update(updates)),
    get: keys => call(() => records.get(keys)),
    query: query => call(() => records.query(query)),
    due: (...page) => call(() => records.due(...page)),
    transact: (actions, token) =>
      actions[0]?.kind === 'changeJob'
        ? transactThrough(sim, proc, () => sim.bank.carryOut(actions, token, proc))
        : call(() => records.transact(actions, token)),
  }
}

function carryOut<T>({ loop, faults, chance }: Sim, proc: Proc, execute: () => Promise<T>): Promise<T> {
  const latency = () =>
    faults.happens('storeSlow') ? faults.chance('storeSlow').spread(50, 12_000) : chance.int(1, 12)
  return new Promise((resolve, reject) => {
    proc.resume(() => {
      proc.step()
      if (proc.isDead) return
      loop.after(latency(), () => {
        const isFailed = faults.happens('storeReadFailed')
        const answer = isFailed ? Promise.reject(new Unavailable('records', 'throttled')) : execute()
        answer.catch(() => {})
        loop.after(latency(), () =>
          proc.resume(() => {
            proc.step()
            if (!proc.isDead) proc.resume(() => void answer.then(resolve, reject))
          }),
        )
      })
    })
  })
}

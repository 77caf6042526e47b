import type { RecordKey } from '../../lib/core/records/record.ts'
import { isScheduleKey, type StoredSchedule, scheduleFrom } from '../../lib/core/records/schedule-record.ts'
import { Unavailable } from '../../lib/core/values/errors.ts'
import { formatInstant } from '../../lib/core/values/instant.ts'
import type { RecordStore, TransactAction } from '../../lib/ports/record-store.ts'
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
    update: updates => call(() => watched(sim, proc, updates, async () => records.update(updates))),
    get: keys => call(() => records.get(keys)),
    query: query => call(() => records.query(query)),
    due: (...page) => call(() => records.due(...page)),
    transact: (actions, token) =>
      actions[0]?.kind === 'changeJob'
        ? transactThrough(sim, proc, () => sim.bank.carryOut(actions, token, proc))
        : call(() => watched(sim, proc, actions.flatMap(recordAction), async () => records.transact(actions, token))),
  }
}

interface Named {
  readonly key: RecordKey
  readonly change: { readonly name: string }
}

const recordAction = (action: TransactAction): readonly Named[] => {
  if (action.kind === 'put') return [{ key: action.record, change: { name: 'putIfAbsent' } }]
  return action.kind === 'update' ? [action] : []
}

/** Shows the schedules among them to those who watch. */
async function watched<T>(sim: Sim, writer: Proc, changes: readonly Named[], execute: () => Promise<T>): Promise<T> {
  const read = (key: RecordKey): StoredSchedule | undefined => {
    const record = isScheduleKey(key) ? sim.records.read(key) : undefined
    return record === undefined ? undefined : scheduleFrom(record)
  }
  const before = changes.map(({ key }) => read(key))
  const answer = await execute()
  for (const [index, { key, change }] of changes.entries()) {
    const [was, after] = [before[index], read(key)]
    if (JSON.stringify(was) === JSON.stringify(after)) continue
    const next = after?.nextAt === undefined ? '-' : formatInstant(after.nextAt)
    sim.trace(`${writer.name} ${change.name} ${key.id}: ${after?.status ?? 'gone'} v${after?.version} next ${next}`)
    sim.count(`schedule ${change.name}`)
    for (const watcher of sim.watchers) watcher.scheduled?.({ name: change.name, before: was, after, writer })
  }
  return answer
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

import type { RecordKey } from '../../lib/core/records/record.ts'
import { isScheduleKey, type StoredSchedule, scheduleFrom } from '../../lib/core/records/schedule-record.ts'
import { Unavailable } from '../../lib/core/values/errors.ts'
import { formatInstant } from '../../lib/core/values/instant.ts'
import type { RecordStore, RecordUpdate, TransactAction, UpdateOutcome } from '../../lib/ports/record-store.ts'
import type { FaultClass } from './faults.ts'
import { carryOutStep } from './ledger.ts'
import type { Proc } from './proc.ts'
import type { Sim } from './sim.ts'
import { transactThrough } from './transact-port.ts'
import { carryOutSignal } from './workflows.ts'

/** A call as one process makes it: request, execution and answer are three instants, and either may fail. */
type Call = <T>(execute: () => Promise<T>) => Promise<T>

/** The records as one process sees them, with the faults of reads. */
export function recordPort(sim: Sim, proc: Proc): RecordStore {
  const { records } = sim
  const call: Call = execute => carryOut(sim, proc, execute)
  return {
    putIfAbsent: entries =>
      ofGate(entries[0])
        ? carryOutOfGate(sim, proc, { name: 'new', write: () => records.putIfAbsent(entries) })
        : call(() => records.putIfAbsent(entries)),
    update: updates => {
      const [first] = updates
      if (ofQueue(first?.key)) return eachOfQueue(sim, proc, updates)
      return ofGate(first?.key)
        ? carryOutOfGate(sim, proc, { name: first?.change.name ?? '', write: () => records.update(updates) })
        : call(() => watched(sim, proc, updates, async () => records.update(updates)))
    },
    get: keys => call(() => records.get(keys)),
    query: query => call(() => records.query(query)),
    due: (...page) => call(() => records.due(...page)),
    transact: (actions, token) =>
      actions.some(({ kind }) => kind === 'changeJob')
        ? transactThrough(sim, proc, () =>
            actions[0]?.kind === 'put' ? carryOutSignal(sim, actions, proc) : sim.bank.carryOut(actions, token, proc),
          )
        : actions.some(({ kind }) => kind === 'own')
          ? transactThrough(sim, proc, () => carryOutStep(sim, actions, token))
          : call(() => watched(sim, proc, actions.flatMap(recordAction), async () => records.transact(actions, token))),
  }
}

const ofGate = (key: RecordKey | undefined): boolean => key?.id.startsWith('#gate/') === true

const ofQueue = (key: RecordKey | undefined): boolean => key?.id.startsWith('#queue/') === true

/** Tickets before a queue, many in a call, and its flag: each a request of its own. */
async function eachOfQueue(sim: Sim, proc: Proc, updates: readonly RecordUpdate[]): Promise<readonly UpdateOutcome[]> {
  const outcomes = await Promise.all(
    updates.map(one => carryOutOfGate(sim, proc, { name: one.change.name, write: () => sim.records.update([one]) })),
  )
  return outcomes.flat()
}

const gateFaults = [
  'storeThrottled',
  'storeExecutedThenFailed',
  'storeExecutedThenRefused',
  'storeExecutedLate',
] as const satisfies readonly FaultClass[]

/** How late a write may be carried out that was answered with a failure. */
const latestMs = 60_000

interface GateWrite<Outcome> {
  readonly name: string
  /** One write: whoever writes to a gate writes nothing else in the same call. */
  readonly write: () => Promise<readonly Outcome[]>
}

/** One write of a gate, with what befalls statements of jobs as well. */
function carryOutOfGate<Outcome>(sim: Sim, proc: Proc, { name, write }: GateWrite<Outcome>) {
  const { loop, faults, chance } = sim
  const failed = { kind: 'failed', error: new Error('no answer') } as const
  return new Promise<readonly (Outcome | typeof failed)[]>(resolve => {
    const execute = async () => {
      const outcomes = await write()
      const { kind } = (outcomes[0] ?? failed) as { readonly kind: string }
      sim.trace(`${proc.name} ${name} ${kind}`)
      if (kind === 'applied' || kind === 'put') sim.count(`gate ${name}`)
      return outcomes
    }
    proc.resume(() => {
      proc.step()
      if (proc.isDead) return
      loop.after(latencyOf(sim), () => {
        const fault = gateFaults.find(one => faults.happens(one))
        if (fault !== undefined) sim.count(`gate fault ${fault}`)
        const isLost = fault === 'storeThrottled' || fault === 'storeExecutedLate'
        const first = isLost ? undefined : execute()
        if (fault === 'storeExecutedLate') loop.after(faults.chance(fault).spread(20, latestMs), () => void execute())
        const answer = async () => {
          if (first === undefined || fault === 'storeExecutedThenFailed') return [failed]
          // The SDK asks again.
          return fault === 'storeExecutedThenRefused' ? execute() : first
        }
        loop.after(latencyOf(sim) + (fault === undefined ? 0 : chance.int(0, 500)), () =>
          proc.resume(() => {
            proc.step()
            if (!proc.isDead) proc.resume(() => void answer().then(resolve))
          }),
        )
      })
    })
  })
}

const latencyOf = ({ faults, chance }: Sim): number =>
  faults.happens('storeSlow') ? faults.chance('storeSlow').spread(50, 12_000) : chance.int(1, 12)

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

function carryOut<T>(sim: Sim, proc: Proc, execute: () => Promise<T>): Promise<T> {
  const { loop, faults } = sim
  const latency = () => latencyOf(sim)
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

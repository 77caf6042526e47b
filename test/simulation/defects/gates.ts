/** Defects of limits: of the model's list, those that do harm. */
import { isParked, ticketKeyOf } from '../../../lib/app/gates/line.ts'
import type { Job } from '../../../lib/core/job/job.ts'
import type { RecordChange } from '../../../lib/core/records/change.ts'
import { promisedFence, queueUp } from '../../../lib/core/records/gate.ts'
import { ticketPrefix } from '../../../lib/core/records/keys.ts'
import { parkIfDispatched } from '../../../lib/core/transitions/park.ts'
import type { Change } from '../../../lib/ports/job-store.ts'
import type { RecordStore, RecordUpdate, UpdateOutcome } from '../../../lib/ports/record-store.ts'
import { recordsOver } from '../../support/store-over.ts'
import { gates, gatesAlone, photoFinish } from '../gate-themes.ts'
import type { Proc } from '../proc.ts'
import type { Sim, Tamper } from '../sim.ts'
import { type Defect, SpoiltStore } from './defect.ts'

/** Records in front of others, of which some calls are replaced. */
export const replacing =
  (replaced: (inner: RecordStore, proc: Proc, sim: Sim) => Partial<RecordStore>): NonNullable<Tamper['records']> =>
  (inner, proc, sim) =>
    recordsOver(inner, replaced(inner, proc, sim))

/** Spoils the changes of this name. */
export const changing = (name: string, spoil: (change: RecordChange) => RecordChange): Tamper => ({
  records: replacing(inner => ({
    update: updates =>
      inner.update(updates.map(({ key, change }) => ({ key, change: change.name === name ? spoil(change) : change }))),
  })),
})

/** Answers changes of this name as if they had been carried out. */
export const swallowing = (name: string): NonNullable<Tamper['records']> =>
  replacing(inner => ({
    update: async (updates: readonly RecordUpdate[]): Promise<readonly UpdateOutcome[]> => {
      const [first] = updates
      if (first?.change.name !== name) return inner.update(updates)
      const [record = { ...first.key, attributes: {} }] = await inner.get([first.key])
      return [{ kind: 'applied', record }]
    },
  }))

export const emptyPage = { records: [], rows: [], next: undefined } as const

/** The ticket is there before its job is parked. */
const ticketFirst: NonNullable<Tamper['store']> = (inner, _, { records, table }) =>
  new (class extends SpoiltStore {
    override async apply(changes: readonly Change[]) {
      for (const { id, transition } of changes) {
        const job = transition.name === parkIfDispatched.name ? table.read(id) : undefined
        const parked = job === undefined ? undefined : ({ ...job, state: 'AVAILABLE', ...transition.set } as Job)
        if (parked === undefined || !isParked(parked)) continue
        await records.update([{ key: ticketKeyOf(parked), change: queueUp(id, parked.parked, parked.parked) }])
      }
      return this.inner.apply(changes)
    }
  })(inner)

export const gateDefects: readonly Defect[] = [
  {
    name: 'gate without a limit',
    tamper: changing('takeIfFree', change => ({
      ...change,
      guard: change.guard.filter(({ op }) => op !== 'sizeBelow'),
    })),
    direct: gates,
  },
  {
    name: 'places of runs at work are freed',
    tamper: {
      store: (inner, { kind }) =>
        new (class extends SpoiltStore {
          override async get(...asked: Parameters<SpoiltStore['get']>) {
            const jobs = await this.inner.get(...asked)
            if (kind !== 'sweeper') return jobs
            return jobs.map(job => (job?.owner === undefined ? job : { ...job, owner: 'other', lastOwner: job.owner }))
          }
        })(inner),
    },
    direct: gates,
  },
  {
    name: 'heartbeats do not prolong the place',
    tamper: { records: swallowing('prolongIfMine') },
    direct: gates,
  },
  {
    name: 'place that is freed goes to nobody',
    tamper: {
      records: replacing(inner => ({
        query: async query => (query.prefix === ticketPrefix ? emptyPage : inner.query(query)),
      })),
    },
    direct: gatesAlone,
  },
  {
    name: 'no tick looks through gates',
    tamper: {
      records: replacing(inner => ({
        due: async (lane, ...page) => (lane.includes('#gate#') ? emptyPage : inner.due(lane, ...page)),
      })),
    },
    direct: gates,
  },
  {
    name: 'ticket before its job is parked',
    tamper: { store: ticketFirst, records: swallowing('queueUp') },
    direct: photoFinish,
  },
  {
    name: 'no look at the gate after joining the line',
    tamper: {
      records: replacing((inner, _proc, sim) => {
        const joined = new Set<string>()
        return {
          update: async updates => {
            const outcomes = await inner.update(updates)
            for (const { key, change } of updates) if (change.name === 'queueUp') joined.add(key.id)
            return outcomes
          },
          get: async keys => {
            const found = await inner.get(keys)
            return found.map(record => {
              if (record === undefined || !joined.delete(record.id)) return record
              sim.count('gate seen full')
              const held = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x${n}`, { by: 'x', until: 0 }]))
              return { ...record, attributes: { ...record.attributes, held } }
            })
          },
        }
      }),
    },
    direct: photoFinish,
  },
  {
    name: 'promise is not taken by its message',
    tamper: changing('takeOverIfSeen', change => {
      const by = change.guard.find(clause => 'field' in clause && clause.field === 'by')
      const isPromise =
        by !== undefined && 'value' in by && promisedFence({ by: String(by.value), until: 0 }) !== undefined
      return isPromise ? { ...change, guard: [{ attribute: 'held', op: 'absent' }] } : change
    }),
    direct: gatesAlone,
  },
]

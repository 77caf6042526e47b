/** Defects of workflows: those of the model, and of ours. */
import type { RecordStore } from '../../../lib/ports/record-store.ts'
import type { Tamper } from '../sim.ts'
import { workflows } from '../workflows.ts'
import { type Defect, spoiling, unguarded } from './defect.ts'

const replacing = (replaced: (inner: RecordStore) => Partial<RecordStore>): Tamper => ({
  records: inner => ({
    putIfAbsent: records => inner.putIfAbsent(records),
    update: updates => inner.update(updates),
    get: keys => inner.get(keys),
    query: query => inner.query(query),
    due: (...page) => inner.due(...page),
    transact: (actions, token) => inner.transact(actions, token),
    ...replaced(inner),
  }),
})

const isCell = (part: string): boolean => part.startsWith('cell#')

export const workflowDefects: readonly Defect[] = [
  {
    name: 'rest in spite of a wake that nobody has seen',
    tamper: spoiling(['suspendIfOwner'], unguarded('wakes')),
    direct: workflows,
  },
  {
    name: 'cells are overwritten',
    tamper: replacing(inner => ({
      putIfAbsent: async records => {
        const outcomes = await inner.putIfAbsent(records)
        for (const [index, record] of records.entries()) {
          if (outcomes[index]?.kind !== 'exists' || !isCell(record.part)) continue
          const { attributes } = record
          const actions = Object.entries(attributes).map(
            ([attribute, value]) => ({ op: 'set', attribute, value }) as const,
          )
          const [first, ...rest] = actions
          if (first === undefined) continue
          await inner.update([{ key: record, change: { name: 'overwrite', guard: [], actions: [first, ...rest] } }])
        }
        return outcomes.map((one, index) =>
          one.kind === 'exists' && isCell(records[index]?.part ?? '') ? ({ kind: 'put' } as const) : one,
        )
      },
    })),
    direct: workflows,
  },
  {
    name: 'a run does not take over what another has written',
    tamper: replacing(inner => ({
      putIfAbsent: async records => {
        const outcomes = await inner.putIfAbsent(records)
        return outcomes.map((one, index) =>
          one.kind === 'exists' && isCell(records[index]?.part ?? '') ? ({ kind: 'put' } as const) : one,
        )
      },
    })),
    direct: workflows,
  },
  {
    name: 'signal without a wake',
    tamper: replacing(inner => ({
      transact: (actions, token) => {
        const isSignal = actions.some(action => action.kind === 'put' && isCell(action.record.part))
        return inner.transact(isSignal ? actions.filter(({ kind }) => kind !== 'changeJob') : actions, token)
      },
    })),
    direct: workflows,
  },
  {
    name: 'steps of another generation are taken for those of this one',
    tamper: replacing(inner => ({
      query: query =>
        inner.query(isCell(query.prefix) ? { ...query, prefix: query.prefix.replace(/#\d{4}#$/, '#0001#') } : query),
    })),
    direct: workflows,
  },
  {
    name: 'rest at the cost of an attempt',
    tamper: spoiling(['suspendIfOwner'], transition => {
      const { attemptsLeft: _, snoozes: __, ...set } = transition.set
      return { ...transition, set }
    }),
    direct: workflows,
  },
]

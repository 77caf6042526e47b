/**
 * Defects of workflows: those of the model, and of ours.
 *
 * The model's `commit without owner` is a flow that ends by `ctx.commit`: planted below. `ctx.stepCommit` has no such guard to
 * leave out. It asks for no owner on purpose: its cell keeps a second one from being carried out, whoever runs the job. So
 * what is planted there is a transaction that its cell does not guard.
 */
import type { StoredRecord } from '../../../lib/core/records/record.ts'
import type { RecordStore, TransactAction } from '../../../lib/ports/record-store.ts'
import { recordsOver } from '../../support/store-over.ts'
import { cancelledFlows, lateBookings, longFlows, redeployedFlows } from '../flow-themes.ts'
import type { Tamper } from '../sim.ts'
import { workflows } from '../workflows.ts'
import { transacting, withoutOwner } from './commits.ts'
import { type Defect, spoiling, unguarded } from './defect.ts'

/** Records some of whose calls are replaced. */
export const replacing = (replaced: (inner: RecordStore) => Partial<RecordStore>): Tamper => ({
  records: inner => recordsOver(inner, replaced(inner)),
})

const isCell = (part: string): boolean => part.startsWith('cell#')
const isOwn = ({ kind }: TransactAction): boolean => kind === 'own'
const isCommit = (action: TransactAction): boolean => action.kind === 'changeJob' && action.transition.row === 'T10'
/** A step with writes of the application's own. */
const isStepCommit = (actions: readonly TransactAction[]): boolean =>
  actions[0]?.kind === 'put' && actions.slice(1).every(isOwn) && actions.length > 1

/** Cells as they are read. */
const readingCells = (read: (record: StoredRecord) => readonly StoredRecord[]): Tamper =>
  replacing(inner => ({
    query: async query => {
      const page = await inner.query(query)
      return isCell(query.prefix) ? { ...page, records: page.records.flatMap(read) } : page
    },
  }))

/** `pay of 2` is `pay`, which it was called once. */
const underOldName = (record: StoredRecord): StoredRecord => ({ ...record, part: record.part.replace(/ of \d+$/, '') })

/** Every third cell of a process. */
function forgetful(): Tamper {
  let cells = 0
  return replacing(inner => ({
    putIfAbsent: async records => {
      if (!records.some(({ part }) => isCell(part))) return inner.putIfAbsent(records)
      cells += 1
      return cells % 3 === 0 ? records.map(() => ({ kind: 'put' }) as const) : inner.putIfAbsent(records)
    },
  }))
}

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
  {
    name: 'a step that has another name now gets what its old name has',
    tamper: replacing(inner => ({
      putIfAbsent: records => inner.putIfAbsent(records.map(one => (isCell(one.part) ? underOldName(one) : one))),
    })),
    direct: redeployedFlows,
  },
  { name: 'a run that goes on finds no step', tamper: readingCells(() => []), direct: longFlows },
  { name: 'a step is taken for recorded that was not', tamper: forgetful(), direct: longFlows },
  {
    name: 'a step writes its items before its cell',
    tamper: transacting(inner => async (actions, token) => {
      if (!isStepCommit(actions)) return inner(actions, token)
      const outcome = await inner(actions.filter(isOwn), token)
      return outcome.kind === 'done' ? inner(actions.slice(0, 1), `${token}2`) : outcome
    }),
    direct: redeployedFlows,
  },
  {
    name: 'a step writes its items although its cell is there',
    tamper: transacting(inner => async (actions, token) => {
      const outcome = await inner(actions, token)
      const isThere = outcome.kind === 'refused' && outcome.reasons[0]?.kind === 'refusedByRecord'
      if (isStepCommit(actions) && isThere) await inner(actions.filter(isOwn), `${token}2`)
      return outcome
    }),
    direct: lateBookings,
  },
  {
    name: 'a workflow commits without its owner',
    tamper: transacting(
      inner => (actions, token) =>
        inner(
          actions.map(one => (isCommit(one) ? withoutOwner(one) : one)),
          token,
        ),
    ),
    direct: redeployedFlows,
  },
  {
    name: 'a workflow begins anew without its owner',
    tamper: spoiling(['continueIfOwner'], unguarded('owner', 'state')),
    direct: longFlows,
  },
  {
    name: 'a workflow begins anew although it is cancelled',
    tamper: spoiling(['continueIfOwner'], unguarded('cancelRequestedAt')),
    direct: cancelledFlows,
  },
  {
    name: 'a workflow goes on after its maxDuration',
    tamper: readingCells(record => [
      { ...record, attributes: { ...record.attributes, madeAt: Number(record.attributes['madeAt']) + 86_400_000 } },
    ]),
    direct: longFlows,
  },
  {
    name: 'each rest of a workflow counts as a snooze',
    tamper: readingCells(record => [{ ...record, attributes: { ...record.attributes, attempt: '' } }]),
    direct: longFlows,
  },
]

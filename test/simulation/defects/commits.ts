/** Defects of the transaction in which a handler ends its job. */
import type { RecordStore, TransactAction } from '../../../lib/ports/record-store.ts'
import { recordsOver } from '../../support/store-over.ts'
import type { Proc } from '../proc.ts'
import type { Tamper } from '../sim.ts'
import { bank } from '../themes.ts'
import { type Defect, unguarded } from './defect.ts'

type Transact = RecordStore['transact']

/** Spoils transactions on their way to the store. */
export const transacting = (spoil: (inner: Transact, proc: Proc) => Transact): Tamper => ({
  records: (inner, proc) =>
    recordsOver(inner, { transact: spoil((actions, token) => inner.transact(actions, token), proc) }),
})

export const withoutOwner = (action: TransactAction): TransactAction =>
  action.kind === 'changeJob'
    ? { ...action, transition: unguarded('owner', 'state')(action.transition, undefined as never) }
    : action

let tokens = 0

export const commitDefects: readonly Defect[] = [
  {
    name: 'commit without the owner in its guard',
    tamper: transacting(inner => (actions, token) => inner(actions.map(withoutOwner), token)),
    direct: bank,
  },
  {
    name: 'commit without owner and token',
    tamper: transacting(inner => actions => {
      tokens += 1
      return inner(actions.map(withoutOwner), `token ${tokens}`)
    }),
    direct: bank,
  },
  {
    name: 'a commit that is not answered is taken for one that was carried out',
    tamper: transacting(inner => async (actions, token) => {
      const outcome = await inner(actions, token)
      return outcome.kind === 'failed' ? { kind: 'done' } : outcome
    }),
    direct: bank,
  },
  {
    name: 'a refused commit is taken for one that was carried out',
    tamper: transacting(inner => async (actions, token) => {
      const outcome = await inner(actions, token)
      return outcome.kind === 'refused' ? { kind: 'done' } : outcome
    }),
    direct: bank,
  },
]

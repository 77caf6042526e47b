/** Defects of what follows a job that has failed for good. */
import { failureJobId } from '../../../lib/core/job/ids.ts'
import type { TransactAction } from '../../../lib/ports/record-store.ts'
import type { Proc } from '../proc.ts'
import { failures, lateFailures } from '../themes.ts'
import { transacting, withoutOwner } from './commits.ts'
import { type Defect, spoiling } from './defect.ts'

const direct = failures
const isFollower = (action: TransactAction): boolean => action.kind === 'insertJob'
/** A transaction begins with a change of a job. */
const nothingAtAll = { name: 'nothing', row: 'T0', guard: [], set: {}, remove: [] } as const
const withoutFollower = (actions: readonly TransactAction[]) => actions.filter(action => !isFollower(action))

/** The sweeper, or the workers, forget what follows. */
const forgotten = (kind: Proc['kind']) =>
  transacting(
    (inner, proc) => (actions, token) => inner(proc.kind === kind ? withoutFollower(actions) : actions, token),
  )

export const onFailedDefects: readonly Defect[] = [
  { name: 'a worker fails a job, and nothing follows', direct, tamper: forgotten('worker') },
  { name: 'the sweeper fails a job, and nothing follows', direct, tamper: forgotten('sweeper') },
  {
    name: 'what follows a failure is put after it, not with it',
    direct,
    tamper: transacting(inner => async (actions, token) => {
      const first = actions[0]?.kind === 'changeJob' ? actions[0] : undefined
      const follower = actions.find(isFollower)
      if (first === undefined || follower === undefined) return inner(actions, token)
      const outcome = await inner([first], token)
      // A change that writes nothing, under the guard of the end that is written by now.
      const nothing = { ...first, transition: { ...first.transition, ...nothingAtAll } }
      if (outcome.kind === 'done') await inner([nothing, follower], `${token}2`)
      return outcome
    }),
  },
  {
    name: 'what follows a failure is put, whether the job fails or not',
    direct,
    tamper: transacting(inner => async (actions, token) => {
      const outcome = await inner(actions, token)
      const [first] = actions
      if (outcome.kind !== 'refused' || first?.kind !== 'changeJob' || !actions.some(isFollower)) return outcome
      const nothing = { ...first, transition: { ...first.transition, ...nothingAtAll } }
      await inner([nothing, ...actions.slice(1)], `${token}2`)
      return outcome
    }),
  },
  {
    name: 'what follows a failure has one id for all generations',
    direct,
    tamper: transacting(
      inner => (actions, token) =>
        inner(
          actions.map(action => {
            if (action.kind !== 'insertJob' || action.job.failureOf === undefined) return action
            return { ...action, job: { ...action.job, id: failureJobId(action.job.failureOf.replace(/#\d+#/, '#')) } }
          }),
          token,
        ),
    ),
  },
  {
    name: 'a job fails with what follows, and does not ask for its owner',
    direct: lateFailures,
    tamper: transacting(
      inner => (actions, token) =>
        inner(
          actions.map(action => (actions.some(isFollower) ? withoutOwner(action) : action)),
          token,
        ),
    ),
  },
  {
    name: 'a job that is retried still names what followed its failure',
    direct,
    tamper: spoiling(['requeueIfEnded', 'beginNextIfEnded'], transition => ({
      ...transition,
      remove: transition.remove.filter(name => name !== 'onFailed'),
    })),
  },
]

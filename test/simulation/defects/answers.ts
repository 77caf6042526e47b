/** Defects about writes whose answer was lost. */

import { storeOver } from '../../support/store-over.ts'
import { type Defect, misreading, spoiling, without } from './defect.ts'

export const answerDefects: readonly Defect[] = [
  {
    name: 'own start not recognised',
    tamper: misreading((job, { kind }) =>
      kind === 'worker' && job.state === 'IN_PROGRESS' ? { ...job, owner: 'somebody-else' } : job,
    ),
  },
  {
    name: 'own outcome not recognised',
    tamper: misreading((job, { kind }) => (kind === 'worker' ? without(job, 'lastOwner') : job)),
  },
  {
    name: 'own dispatch not recognised',
    tamper: misreading((job, { kind }) =>
      kind === 'sweeper' || kind === 'dispatcher' ? without(job, 'request') : job,
    ),
  },
  {
    name: 'own put not recognised',
    tamper: {
      store: inner =>
        storeOver(inner, {
          insert: async jobs =>
            (await inner.insert(jobs)).map(outcome =>
              outcome.kind === 'exists' && outcome.job !== undefined
                ? { kind: 'exists', job: without(outcome.job, 'request') }
                : outcome,
            ),
        }),
    },
  },
  {
    name: 'lastOwner set by a takeover',
    tamper: spoiling(['takeOverIfLeaseOver', 'recoverIfLeaseOver', 'failIfLeaseOver'], transition => {
      const clause = transition.guard.find(({ attribute }) => attribute === 'owner')
      const owner = clause !== undefined && 'value' in clause ? String(clause.value) : ''
      return { ...transition, set: { ...transition.set, lastOwner: owner } }
    }),
  },
]

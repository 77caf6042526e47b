import { neighboursProfile } from '../directed.ts'
import type { Check } from './check.ts'

export const stopsDoNotCount: Check = {
  invariant: 'I3',
  what: 'a handler that settles after its signal has aborted completes nothing',
  looks: ({ facts }) => ({
    wrote({ id, transition }) {
      const owner = transition?.name === 'completeIfOwner' ? transition.set.lastOwner : undefined
      const run = owner === undefined ? undefined : facts.runs.get(owner)
      return run === undefined || run.isInTime ? undefined : `${id} completes by ${run.owner}, which had been stopped`
    },
  }),
}

export const neighboursSpared: Check = {
  invariant: 'I15',
  what: 'where processes end only by the hand of a job, no other job runs out of attempts for it',
  looks: ({ plan, table }) => ({
    wrote({ id, transition }) {
      if (plan.profile !== neighboursProfile || transition?.name !== 'failIfLeaseOver') return undefined
      const { n = 0 } = JSON.parse(table.raw(id)?.input ?? '{}') as { n?: number }
      const isCulprit = plan.jobs[n % plan.jobs.length]?.script.some(({ kind }) => kind === 'exit') === true
      return isCulprit ? undefined : `${id} is FAILED for crashes that another job brought about`
    },
  }),
}

import { failureJobId } from '../../../lib/core/job/ids.ts'
import type { Job, RawJob } from '../../../lib/core/job/job.ts'
import { failureNameOf } from '../../../lib/core/transitions/on-failed.ts'
import type { Check } from './check.ts'

export const failureFollowed: Check = {
  invariant: 'I36',
  what: 'FAILED of a contract with onFailed and the job that follows it are one write: one for each generation, and none without FAILED',
  looks: ({ runner, table }) => {
    /** Failures whose job has been inserted. */
    const followed = new Set<string>()
    let open: string | undefined
    return {
      wrote({ id, kind, before, after, transition }) {
        const name = after?.failureOf
        if (kind === 'insert' && after !== undefined && name !== undefined) {
          const isOpen = open === name
          open = undefined
          if (followed.has(name)) return `two jobs follow the failure ${name}`
          followed.add(name)
          return isOpen ? undefined : `${id} follows ${name}, which has not failed in the same write`
        }
        if (open !== undefined) return `${open} has FAILED, and nothing follows it`
        if (kind !== 'change' || after === undefined) return undefined
        if (after.state !== 'FAILED') {
          return after.onFailed === undefined ? undefined : `${id} is ${after.state} and names what follows its failure`
        }
        if (before?.state === 'FAILED' || !hasOnFailed(runner.jobs, after)) return undefined
        const failure = failureNameOf({ ...after, id } as Job)
        if (after.onFailed !== failureJobId(failure))
          return `${transition?.name} fails ${id} and names no job that follows`
        // An edit brought it back within its generation.
        if (!followed.has(failure)) open = failure
        return undefined
      },
      atEnd() {
        if (open !== undefined) return `${open} has FAILED, and nothing follows it`
        for (const { id, state, onFailed } of table.items()) {
          if (state !== 'FAILED' && onFailed !== undefined)
            return `${id} is ${state} and names what follows its failure`
        }
        return undefined
      },
    }
  },
}

const hasOnFailed = (jobs: Readonly<Record<string, { readonly onFailed?: string }>>, { type }: RawJob): boolean =>
  type !== undefined && jobs[type]?.onFailed !== undefined

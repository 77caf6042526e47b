/** T31: ends of jobs whose contracts have `onFailed`, as they stand in their transactions. */
import { defaultPolicy as policy } from '../../../lib/core/definition/policy.ts'
import type { Job } from '../../../lib/core/job/job.ts'
import { withNext } from '../../../lib/core/transitions/ends.ts'
import * as finish from '../../../lib/core/transitions/finish.ts'
import { thenOnFailed } from '../../../lib/core/transitions/on-failed.ts'
import * as recover from '../../../lib/core/transitions/recover.ts'
import { now, sample, second } from './sample.ts'
import { owner, rt, type TransitionCase } from './transition-case.ts'

const asked = { now, request: rt, policy }
const next = '{"input":"{}","scheduledAt":0,"insertedAt":0}'
const failing = (job: Job) => finish.failIfOwner({ job, owner, now, policy }, { name: 'Error', message: 'no' })

/** As written alone; with the job that follows it is one transaction. */
export const failedCases: readonly TransitionCase[] = [undefined, next].flatMap(following => {
  const from = following === undefined ? '' : ', another is to follow under its key'
  return [
    {
      name: 'failIfOwnerThenOnFailed',
      from: `IN_PROGRESS${from}`,
      item: sample('IN_PROGRESS', { owner, leaseUntil: now + 30 * second, next: following }),
      transition: job => thenOnFailed(withNext(job, failing(job)), job),
      repeat: 'outcome',
    },
    {
      name: 'failIfLeaseOverThenOnFailed',
      from: `IN_PROGRESS${from}`,
      item: sample('IN_PROGRESS', { leaseUntil: now - 1, attemptsLeft: 0, generation: 3, next: following }),
      transition: job => thenOnFailed(recover.endUnrun(job, 'crashed', asked), job),
      repeat: 'placed',
    },
    {
      name: 'failIfExhaustedThenOnFailed',
      from: `RETRY${from}`,
      item: sample('RETRY', { attempt: 5, attemptsLeft: 0, next: following }),
      transition: job => thenOnFailed(recover.endUnrun(job, 'exhausted', asked), job),
      repeat: 'placed',
    },
  ] satisfies readonly TransitionCase[]
})

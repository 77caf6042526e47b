/** T17: an item goes. */

import { terminalStates, waitingStates } from '../job/job.ts'
import { minDeleteAgeMs } from '../values/times.ts'
import { atMost, oneOf } from './clause.ts'
import type { Transition } from './transition.ts'

/** T17. Not while it runs, and not while the SDK may still be retrying its put: a deleted id would come back. */
export function deleteIfIdle(now: number): Transition {
  return {
    name: 'deleteIfIdle',
    row: 'T17',
    event: { name: 'job_deleted' },
    guard: [oneOf('state', [...terminalStates, ...waitingStates]), atMost('insertedAt', now - minDeleteAgeMs)],
    set: {},
    remove: [],
    deletes: true,
  }
}

/** Guards that several transitions share. */

import type { Job } from '../job/job.ts'
import { absent, below, type Clause, equal } from './clause.ts'

/** The guard of everything that a run writes about itself. */
export const mine = (owner: string): readonly Clause[] => [equal('owner', owner), equal('state', 'IN_PROGRESS')]

/** The guard of everything done to a run that stopped without a word. */
export function leaseOver(seen: Job, now: number): readonly Clause[] {
  return [
    equal('state', 'IN_PROGRESS'),
    seen.owner === undefined ? absent('owner') : equal('owner', seen.owner),
    seen.leaseUntil === undefined ? absent('leaseUntil') : below('leaseUntil', now),
    absent('cancelRequestedAt'),
  ]
}

export const flagged: Clause = { attribute: 'cancelRequestedAt', op: 'present' }

/**
 * That the job starts through the gate that it has, or has none: nobody starts a job past its gate.
 * @param gate undefined for a start without a gate
 */
export const throughGate = (gate: string | undefined): readonly Clause[] => [
  gate === undefined ? absent('gate') : equal('gate', gate),
  absent('parked'),
]

/** No other generation is to follow. A refusal for that alone leads to the end that keeps its row: see `thenNext`. */
export const endable: Clause = absent('next')

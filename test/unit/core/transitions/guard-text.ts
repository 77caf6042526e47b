import type { Clause } from '../../../../lib/core/transitions/clause.ts'
import type { Transition } from '../../../../lib/core/transitions/transition.ts'
import { now } from '../../../contract/conformance/sample.ts'

/** A value near the instant of every case, as its distance from it. */
const valueText = (value: string | number): string =>
  typeof value === 'number' && Math.abs(value - now) < 86_400_000 ? `now ${(value - now) / 1_000} s` : String(value)

function clauseText(clause: Clause): string {
  switch (clause.op) {
    case 'absent':
    case 'present':
      return `${clause.attribute} ${clause.op}`
    case 'in':
      return `${clause.attribute} in ${clause.values.join(' ')}`
    default:
      return `${clause.attribute} ${clause.op} ${valueText(clause.value)}`
  }
}

/** The clauses of a guard, one text each: `fence = 3`, `leaseUntil < now 0 s`. */
export const guardOf = (transition: Transition): readonly string[] => transition.guard.map(clauseText)

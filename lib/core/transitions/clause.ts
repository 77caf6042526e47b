import type { Job, JobAttribute } from '../job/job.ts'

export type Scalar = string | number

/**
 * One condition on one attribute. Only these: every engine evaluates them alike. `≠` is left out on purpose (on an
 * absent attribute one engine takes it as true and another as false), and so are OR, NOT, BETWEEN and functions.
 */
export type Clause =
  | { readonly attribute: JobAttribute; readonly op: '=' | '<' | '<=' | '>' | '>='; readonly value: Scalar }
  | { readonly attribute: JobAttribute; readonly op: 'in'; readonly values: readonly Scalar[] }
  | { readonly attribute: JobAttribute; readonly op: 'absent' | 'present' }

export const equal = (attribute: JobAttribute, value: Scalar): Clause => ({ attribute, op: '=', value })
export const atMost = (attribute: JobAttribute, value: Scalar): Clause => ({ attribute, op: '<=', value })
export const atLeast = (attribute: JobAttribute, value: Scalar): Clause => ({ attribute, op: '>=', value })
export const below = (attribute: JobAttribute, value: Scalar): Clause => ({ attribute, op: '<', value })
export const oneOf = (attribute: JobAttribute, values: readonly Scalar[]): Clause => ({ attribute, op: 'in', values })
export const absent = (attribute: JobAttribute): Clause => ({ attribute, op: 'absent' })

/** The attribute is as it was read: the same value, or still absent. */
export function asSeen(job: Job, attribute: Exclude<JobAttribute, 'tags'>): Clause {
  const value = job[attribute]
  return value === undefined || job.missing?.includes(attribute) === true ? absent(attribute) : equal(attribute, value)
}

function holds(clause: Clause, value: unknown): boolean {
  switch (clause.op) {
    case 'absent':
      return value === undefined
    case 'present':
      return value !== undefined
    case 'in':
      return clause.values.includes(value as Scalar)
    case '=':
      return value === clause.value
    case '<':
    case '<=':
    case '>':
    case '>=':
      // DynamoDB compares only values of one type; anything else is false.
      if (typeof value !== typeof clause.value) return false
      return compare(clause.op, value as Scalar, clause.value)
  }
}

function compare(op: '<' | '<=' | '>' | '>=', left: Scalar, right: Scalar): boolean {
  switch (op) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
  }
}

/** The clauses that the stored item does not satisfy; empty means the guard holds. */
export function refusedBy(guard: readonly Clause[], item: Partial<Job>): readonly Clause[] {
  return guard.filter(clause => !holds(clause, item[clause.attribute]))
}

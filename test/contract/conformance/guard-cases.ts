/** From a guard: items that one clause alone refuses, and items at the edge of what it takes. */

import { type JobAttribute, jobStates, type RawJob } from '../../../lib/core/job/job.ts'
import { type Clause, refusedBy, type Scalar } from '../../../lib/core/transitions/clause.ts'
import { now } from './sample.ts'

export interface GuardCase {
  readonly title: string
  readonly item: RawJob
}

/** A value for an attribute that should be absent. */
const texts: readonly JobAttribute[] = ['owner', 'lastOwner', 'request', 'replacement', 'lane', 'gate', 'next']
const instants: readonly JobAttribute[] = [
  'lookAt',
  'leaseUntil',
  'cancelRequestedAt',
  'scheduledAt',
  'insertedAt',
  'parked',
]
const someValue = (attribute: JobAttribute): Scalar =>
  texts.includes(attribute) ? 'somebody' : instants.includes(attribute) ? now : 1

const step = (value: Scalar, by: -1 | 1): Scalar =>
  typeof value === 'number' ? value + by : by === 1 ? `${value}x` : value.slice(0, -1)

/** `undefined` stands for absent. */
function broken(clause: Clause): readonly (Scalar | undefined)[] {
  switch (clause.op) {
    case 'absent':
      return [someValue(clause.attribute)]
    case 'present':
      return [undefined]
    case 'in':
      return [...jobStates.filter(state => !clause.values.includes(state)), undefined]
    case '=':
      return clause.attribute === 'state'
        ? [...jobStates.filter(state => state !== clause.value), undefined]
        : [step(clause.value, -1), step(clause.value, 1), undefined]
    case '<':
      return [clause.value, step(clause.value, 1), undefined]
    case '<=':
      return [step(clause.value, 1), undefined]
    case '>':
      return [clause.value, step(clause.value, -1), undefined]
    case '>=':
      return [step(clause.value, -1), undefined]
  }
}

function edge(clause: Clause): readonly (Scalar | undefined)[] {
  switch (clause.op) {
    case 'absent':
    case 'present':
    case '=':
      return []
    case 'in':
      return clause.values
    case '<':
      return [step(clause.value, -1)]
    case '<=':
      return [clause.value, step(clause.value, -1)]
    case '>':
      return [step(clause.value, 1)]
    case '>=':
      return [clause.value, step(clause.value, 1)]
  }
}

const show = ({ attribute, op, ...rest }: Clause): string =>
  `${attribute} ${op}${'value' in rest ? ` ${rest.value}` : 'values' in rest ? ` ${rest.values.join('|')}` : ''}`

function changed(item: RawJob, attribute: JobAttribute, value: Scalar | undefined): RawJob {
  const { [attribute]: _, ...rest } = item
  return value === undefined ? rest : { ...rest, [attribute]: value }
}

const caseFor = (item: RawJob, clause: Clause, value: Scalar | undefined): GuardCase => ({
  title: `${show(clause)}: ${value === undefined ? 'absent' : value}`,
  item: changed(item, clause.attribute, value),
})

/** Items that differ from a fitting one in one attribute, and that this clause does not take. */
export const brokenItems = (guard: readonly Clause[], item: RawJob): readonly GuardCase[] =>
  guard.flatMap(clause =>
    broken(clause)
      .map(value => caseFor(item, clause, value))
      .filter(({ item: other }) => {
        const refusing = refusedBy(guard, other)
        return refusing.includes(clause) && refusing.every(({ attribute }) => attribute === clause.attribute)
      }),
  )

/** Items that differ from a fitting one in one attribute, and that the guard still takes. */
export const edgeItems = (guard: readonly Clause[], item: RawJob): readonly GuardCase[] =>
  guard.flatMap(clause =>
    edge(clause)
      .filter(value => value !== item[clause.attribute])
      .map(value => caseFor(item, clause, value))
      .filter(({ item: other }) => refusedBy(guard, other).length === 0),
  )

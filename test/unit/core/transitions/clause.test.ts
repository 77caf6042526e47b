import { describe, expect, it } from 'vitest'
import { completeJob, type Job } from '../../../../lib/core/job/job.ts'
import {
  absent,
  asSeen,
  atLeast,
  atMost,
  below,
  type Clause,
  equal,
  oneOf,
  refusedBy,
} from '../../../../lib/core/transitions/clause.ts'

const above: Clause = { attribute: 'fence', op: '>', value: 5 }
const present: Clause = { attribute: 'owner', op: 'present' }
const holds = (clause: Clause, item: Partial<Job>): boolean => refusedBy([clause], item).length === 0

describe('a clause on a number', () => {
  it.each<[string, Clause, readonly boolean[]]>([
    ['=', equal('fence', 5), [false, true, false]],
    ['<', below('fence', 5), [true, false, false]],
    ['<=', atMost('fence', 5), [true, true, false]],
    ['>', above, [false, false, true]],
    ['>=', atLeast('fence', 5), [false, true, true]],
    ['in', oneOf('fence', [4, 6]), [true, false, true]],
  ])('fence %s 5 holds for 4, 5, 6 (in: 4 or 6) as DynamoDB has it', (_, clause, expected) => {
    expect([4, 5, 6].map(fence => holds(clause, { fence }))).toEqual(expected)
  })

  it.each<[string, Clause]>([
    ['=', equal('fence', 5)],
    ['<', below('fence', 5)],
    ['<=', atMost('fence', 5)],
    ['>', { ...above, value: -5 }],
    ['>=', atLeast('fence', -5)],
    ['in', oneOf('fence', [4, 5])],
  ])('fence %s refuses an item without the attribute, and a text', (_, clause) => {
    expect(holds(clause, {})).toBe(false)
    expect(holds(clause, { fence: '0' as unknown as number })).toBe(false)
  })
})

describe('a clause on presence', () => {
  it('tells absent from present, whatever the value', () => {
    expect([holds(absent('owner'), {}), holds(absent('owner'), { owner: '' })]).toEqual([true, false])
    expect([holds(present, {}), holds(present, { owner: '' })]).toEqual([false, true])
  })
})

it('refusedBy names the clauses that do not hold, in their order', () => {
  const guard = [equal('fence', 5), equal('id', 'b'), absent('owner')]
  expect(refusedBy(guard, { fence: 5, id: 'a', owner: 'x' })).toEqual([guard[1], guard[2]])
})

describe('asSeen', () => {
  const raw = { id: 'a', type: 't', state: 'AVAILABLE', input: '{}' } as const
  const job = (more: object): Job => completeJob({ ...raw, ...more }, 1_000) as Job

  it('asks for the value that was read, also where it is 0', () => {
    expect(asSeen(job({ fence: 0, lookAt: 7 }), 'fence')).toEqual(equal('fence', 0))
    expect(asSeen(job({ fence: 0, lookAt: 7 }), 'lookAt')).toEqual(equal('lookAt', 7))
  })

  it('asks for absence of what was not there, and of what a default stands in for', () => {
    expect(asSeen(job({}), 'owner')).toEqual(absent('owner'))
    expect(asSeen(job({}), 'fence')).toEqual(absent('fence'))
  })
})

import { expect, it } from 'vitest'
import { isAfter, moveTo, positionAsSeen, sequenceIn, shardHash } from '../../../../lib/core/history/position.ts'
import { sunday } from '../../../support/job-changes.ts'

const own = shardHash('shardId-1')
const other = shardHash('shardId-2')
const hour = 3_600_000

const recordWith = (attributes: Readonly<Record<string, string>>) => ({ id: '#counts/mails', part: 'now', attributes })

it('compares numbers of 40 digits by their value', () => {
  const long = `4960000000000000000000${'0'.repeat(17)}1`
  expect(isAfter(long, `9${'0'.repeat(38)}`)).toBe(true)
  expect(isAfter('9', '10')).toBe(false)
  expect(isAfter(long, long)).toBe(false)
  expect(isAfter('1', undefined)).toBe(true)
})

it('is kept for each shard', () => {
  const record = recordWith({ [`upTo:${own}`]: '41 2026-11-22T10:00:00.000Z' })
  expect(sequenceIn(record, own)).toBe('41')
  expect(sequenceIn(record, other)).toBeUndefined()
  expect(positionAsSeen(record, own)).toMatchObject({ op: '=', value: '41 2026-11-22T10:00:00.000Z' })
  expect(positionAsSeen(record, other)).toEqual({ attribute: `upTo:${other}`, op: 'absent' })
  expect(positionAsSeen(undefined, own).op).toBe('absent')
})

it('moves on, and drops what nothing can come for any more', () => {
  const text = (age: number) => `7 ${new Date(sunday - age * hour).toISOString()}`
  const third = shardHash('shardId-3')
  const record = recordWith({
    [`upTo:${own}`]: text(30),
    [`upTo:${other}`]: text(27),
    [`upTo:${third}`]: text(25),
    'upTo:COMPLETED': 'a counter of a type of this name',
  })
  expect(moveTo(record, { shard: own, sequence: '9', now: sunday })).toEqual([
    { op: 'set', attribute: `upTo:${own}`, value: '9 2026-11-22T10:00:00.000Z' },
    { op: 'remove', attribute: `upTo:${other}` },
  ])
})

it('takes what somebody edited for no position, and guards by it all the same', () => {
  const record = recordWith({ [`upTo:${own}`]: 'nonsense' })
  expect(sequenceIn(record, own)).toBeUndefined()
  expect(positionAsSeen(record, own)).toMatchObject({ op: '=', value: 'nonsense' })
})

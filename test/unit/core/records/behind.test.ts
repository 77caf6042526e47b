import { expect, it } from 'vitest'
import { behindSince, catchUpIfSeen, fallBehindIfNot } from '../../../../lib/core/records/behind.ts'

it('is behind since the instant that the record holds; what is no number counts as absent', () => {
  const record = (behind: number | string) => ({ id: '#queue/q', part: 'control', attributes: { behind } })
  expect([behindSince(record(5)), behindSince(record('5')), behindSince(undefined)]).toEqual([5, undefined, undefined])
})

it('goes up once, and down only as it was seen', () => {
  expect(fallBehindIfNot(5).guard).toEqual([{ attribute: 'behind', op: 'absent' }])
  expect(catchUpIfSeen(5).guard).toEqual([{ attribute: 'behind', op: '=', value: 5 }])
})

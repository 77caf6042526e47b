import { expect, it } from 'vitest'
import { taggedFrom, tagRecordsOf } from '../../../../lib/core/history/tag-record.ts'
import { changesOf, jobWith, sunday } from '../../../support/job-changes.ts'

const [insert, change] = changesOf(undefined, jobWith({ tags: ['vip', 'a#b', 'vip'] }), jobWith({ tags: ['vip'] }))
if (insert === undefined || change === undefined) throw new Error('no changes')

it('has a record for each tag of a new job', () => {
  const records = tagRecordsOf(insert, true)
  expect(records.map(({ id, part }) => [id.replace(/\d$/, 'n'), part])).toEqual([
    ['#tag/vip/n', '2026-11-22T10:00:00.000Z#job-1'],
    ['#tag/a%23b/n', '2026-11-22T10:00:00.000Z#job-1'],
  ])
  expect(records.map(taggedFrom)[0]).toEqual({ id: 'job-1', type: 'send-mail', queue: 'mails', insertedAt: sunday })
})

it('has none where the contract does not ask for it, and none for a change', () => {
  expect(tagRecordsOf(insert, false)).toEqual([])
  expect(tagRecordsOf(change, true)).toEqual([])
  expect(taggedFrom({ id: '#tag/vip/0', part: 'x', attributes: {} })).toBeUndefined()
})

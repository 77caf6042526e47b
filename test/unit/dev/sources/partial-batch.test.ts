import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verdictOf } from '../../../../lib/dev/sources/partial-batch.ts'

const ids = ['a', 'b', 'c']
const answered = (payload: unknown) => verdictOf(ids, { kind: 'returned', payload })

describe('the response to a batch, as Lambda reads it', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an empty object', {}],
    ['a null list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('deletes every message for %s', (_, payload) => {
    expect(answered(payload)).toEqual({ kind: 'delete', messageIds: ids })
  })

  it('deletes all but the messages that failed', () => {
    expect(answered({ batchItemFailures: [{ itemIdentifier: 'b' }] })).toEqual({
      kind: 'delete',
      messageIds: ['a', 'c'],
    })
  })

  it('deletes nothing when every message failed, one of them twice', () => {
    const failures = ['a', 'b', 'b', 'c'].map(itemIdentifier => ({ itemIdentifier }))
    expect(answered({ batchItemFailures: failures })).toEqual({ kind: 'delete', messageIds: [] })
  })

  it.each([
    ['a text', 'ok'],
    ['a list', []],
    ['a number', 0],
    ['failures that are no list', { batchItemFailures: 'b' }],
    ['a null failure', { batchItemFailures: [null] }],
    ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a misspelt key', { batchItemFailures: [{ itemIdentifer: 'b' }] }],
    [
      'an unknown identifier beside a known one',
      { batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'x' }] },
    ],
  ])('deletes nothing for %s', (_, payload) => {
    expect(answered(payload)).toMatchObject({ kind: 'keepAll' })
  })

  it('deletes nothing when the function failed', () => {
    expect(verdictOf(ids, { kind: 'failed', errorType: 'TypeError', errorMessage: 'no' })).toEqual({
      kind: 'keepAll',
      why: 'TypeError: no',
    })
  })

  it('never deletes a message that was not in the batch, nor one that was reported, whatever the answer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ batchItemFailures: fc.anything() })), payload => {
        const verdict = answered(payload)
        const deleted = verdict.kind === 'delete' ? verdict.messageIds : []
        expect(deleted.filter(id => !ids.includes(id))).toEqual([])
      }),
    )
    fc.assert(
      fc.property(fc.subarray(ids), failed => {
        const verdict = answered({ batchItemFailures: failed.map(itemIdentifier => ({ itemIdentifier })) })
        expect(verdict).toEqual({ kind: 'delete', messageIds: ids.filter(id => !failed.includes(id)) })
      }),
    )
  })
})

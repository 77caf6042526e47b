import { describe, expect, it } from 'vitest'
import { decideDue } from '../../../../lib/core/decide/due-job.ts'
import type { JobState } from '../../../../lib/core/job/job.ts'
import { now, sample, second } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'

type Changes = Parameters<typeof sample>[1]
const decide = (state: JobState, changes: Changes = {}, isDeep = false) =>
  decideDue(read({ ...sample(state, changes), id: 'a' }), now, isDeep)

describe('what the sweeper does with a due row', () => {
  it('skips what is not there, what has ended and what was looked at already', () => {
    expect(decideDue(undefined, now, false)).toEqual({ kind: 'skip', why: 'no such job' })
    expect(decide('COMPLETED')).toEqual({ kind: 'skip', why: 'already COMPLETED' })
    expect(decide('RESERVED', { lookAt: now + 1 })).toEqual({ kind: 'skip', why: 'looked at already' })
  })

  it.each<[JobState, Changes]>([
    ['RESERVED', { lookAt: now }],
    ['RESERVED', { lookAt: undefined }],
    ['SCHEDULED', { lookAt: now - 1, scheduledAt: now }],
    ['AVAILABLE', { lookAt: now + 1 }],
  ])('dispatches a %s job with %o', (state, changes) => {
    expect(decide(state, changes)).toEqual({ kind: 'dispatch', delayMs: 0, isPutOff: false })
  })

  it('dispatches a job that is not due yet with the rest as its delay, as far as SQS can delay', () => {
    expect(decide('SCHEDULED', { scheduledAt: now + 900_000 })).toMatchObject({ kind: 'dispatch', delayMs: 900_000 })
    expect(decide('SCHEDULED', { scheduledAt: now + 900_001 })).toEqual({ kind: 'later' })
    expect(decide('RETRY', { scheduledAt: now + second })).toMatchObject({ kind: 'dispatch', delayMs: second })
  })

  it('adopts an AVAILABLE item that is not in the shape of a live job, before its attempts are counted', () => {
    expect(decide('AVAILABLE', { lane: undefined })).toEqual({ kind: 'adopt' })
    expect(decide('AVAILABLE', { ttl: 1_800_000_000, attemptsLeft: 0 })).toEqual({ kind: 'adopt' })
    expect(decide('RESERVED', { lane: undefined }).kind).toBe('dispatch')
  })

  it('fails a waiting job without attempts, and dispatches one that has its last', () => {
    expect(decide('AVAILABLE', { attemptsLeft: 0 })).toEqual({ kind: 'fail', isLeaseOver: false })
    expect(decide('SCHEDULED', { attemptsLeft: 0 })).toEqual({ kind: 'fail', isLeaseOver: false })
    expect(decide('RESERVED', { attemptsLeft: 1 }).kind).toBe('dispatch')
  })
})

describe('in a deep queue', () => {
  it.each([
    [undefined, false],
    [1, true],
    [4, true],
    [5, false],
    [6, true],
  ])('a re-send after %o messages is put off: %s', (dispatches, isPutOff) => {
    expect(decide('RESERVED', { dispatches }, true)).toEqual({ kind: 'dispatch', delayMs: 0, isPutOff })
  })

  it('a job that was never handed to the queue is not put off, and in a shallow queue nothing is', () => {
    expect(decide('RETRY', { dispatches: 1 }, true)).toMatchObject({ isPutOff: false })
    expect(decide('RESERVED', { dispatches: 1 }, false)).toMatchObject({ isPutOff: false })
  })
})

describe('what the sweeper does with a running job', () => {
  it.each<[string, Changes, object]>([
    ['whose lease ends in a second', { leaseUntil: now + second }, { kind: 'later' }],
    ['whose lease ends now', { leaseUntil: now }, { kind: 'later' }],
    ['whose lease ended a millisecond ago', { leaseUntil: now - 1 }, { kind: 'recover' }],
    ['without a lease', { leaseUntil: undefined }, { kind: 'recover' }],
    ['in its last attempt', { leaseUntil: now - 1, attemptsLeft: 0 }, { kind: 'fail', isLeaseOver: true }],
    ['with one attempt left', { leaseUntil: now - 1, attemptsLeft: 1 }, { kind: 'recover' }],
    ['that was cancelled', { leaseUntil: now - 1, attemptsLeft: 0, cancelRequestedAt: now }, { kind: 'cancel' }],
    ['that was cancelled, its lease not over', { leaseUntil: now, cancelRequestedAt: now }, { kind: 'later' }],
  ])('%s', (_, changes, expected) => {
    expect(decide('IN_PROGRESS', { lookAt: now - 1, ...changes })).toEqual(expected)
  })
})

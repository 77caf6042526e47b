import { describe, expect, it } from 'vitest'
import { decideRefusedStart } from '../../../../lib/core/decide/refused-start.ts'
import type { JobState } from '../../../../lib/core/job/job.ts'
import { now, sample, second } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'

type Changes = Parameters<typeof sample>[1]
const refused = (fence: number, receives = 1) => ({
  message: { v: 1, id: 'a', fence, type: 'sample', at: now } as const,
  receives,
  start: { now },
  hasMoved: false,
})
const job = (state: JobState, changes: Changes = {}) => read({ ...sample(state, changes), id: 'a' })
/** The item's fence is 3. */
const decide = (state: JobState, changes: Changes = {}, fence = 3) =>
  decideRefusedStart(job(state, changes), refused(fence))

describe('a message whose item is not there, or not yet', () => {
  it.each([
    [1, { kind: 'wait', waitMs: 2_000, why: 'no such job yet' }],
    [4, { kind: 'wait', waitMs: 2_000, why: 'no such job yet' }],
    [5, { kind: 'acknowledge', why: 'no such job' }],
  ])('received %i times, with no item', (receives, expected) => {
    expect(decideRefusedStart(undefined, refused(1, receives))).toEqual(expected)
  })

  it.each([
    [4, { kind: 'wait', waitMs: 2_000, why: 'fence not reached yet' }],
    [5, { kind: 'acknowledge', why: 'fence never reached' }],
  ])('received %i times, ahead of its item', (receives, expected) => {
    expect(decideRefusedStart(job('RESERVED'), refused(4, receives))).toEqual(expected)
  })
})

describe('a message of a job that a later release wrote', () => {
  const kept = { kind: 'wait', waitMs: 60_000, why: 'written by a later release' }
  it('is kept in a state or a format that this one does not know', () => {
    expect(decide('BLOCKED' as JobState)).toEqual(kept)
    expect(decide('RESERVED', { fmt: 2 })).toEqual(kept)
  })

  it('is of no use once its fence is passed or the job has ended', () => {
    expect(decide('BLOCKED' as JobState, {}, 2).kind).toBe('acknowledge')
    expect(decide('FAILED', { next: '{}' }).kind).toBe('acknowledge')
  })
})

describe('a start in the slot that the message had', () => {
  const gate = 'sample/a'
  const inSlot = { ...refused(3), start: { now, gate, slot: 'booked' as const } }
  const found = (state: JobState, changes: Changes) => decideRefusedStart(job(state, { gate, ...changes }), inSlot)

  it.each([
    ['is asked for anew once it was used', { pass: 0, scheduledAt: now }],
    ['is asked for anew once the job has another message', { pass: 2, scheduledAt: now }],
    ['is asked for anew when it is 5 s past', { pass: 3, scheduledAt: now - 5_001 }],
    ['is asked for anew when the job never had one', { scheduledAt: now }],
  ])('%s', (_, changes) => {
    expect(found('RESERVED', changes)).toEqual({ kind: 'slotGone' })
  })

  it('is good for 5 s: then nothing but the row stood in its way', () => {
    expect(found('RETRY', { pass: 3, scheduledAt: now - 5_000 })).toEqual({ kind: 'startMovingAt' })
  })

  it('takes over no run that has used it', () => {
    expect(found('IN_PROGRESS', { pass: 3, leaseUntil: now - 1 })).toEqual({ kind: 'slotGone' })
  })

  it('waits for it', () => {
    expect(found('RESERVED', { pass: 3, scheduledAt: now + 9_000 })).toMatchObject({ kind: 'wait', waitMs: 9_000 })
  })
})

describe('a job with a gate', () => {
  it.each(['RESERVED', 'RETRY', 'SCHEDULED'] as const)('%s is started through no other than its own', state => {
    const due = { scheduledAt: now, gate: 'sample/a' }
    expect(decide(state, due)).toEqual({ kind: 'otherGate', gate: 'sample/a' })
    const through = { ...refused(3), start: { now, gate: 'sample/a' } }
    expect(decideRefusedStart(job(state, due), through)).toEqual({ kind: 'startMovingAt' })
    const without = { scheduledAt: now }
    expect(decideRefusedStart(job(state, without), through)).toEqual({ kind: 'otherGate', gate: undefined })
  })

  it('is taken over through its own as well', () => {
    const over = { leaseUntil: now - 1, gate: 'sample/a' }
    expect(decide('IN_PROGRESS', over)).toEqual({ kind: 'otherGate', gate: 'sample/a' })
  })

  it('in line needs no message', () => {
    expect(decide('AVAILABLE', { gate: 'sample/a', parked: now }).kind).toBe('acknowledge')
  })
})

describe('a message that came too late', () => {
  it('is acknowledged when the job has ended, waits for the dispatcher, or has a newer fence', () => {
    expect(decide('FAILED')).toEqual({ kind: 'acknowledge', why: 'already FAILED' })
    expect(decide('AVAILABLE')).toEqual({ kind: 'acknowledge', why: 'waits for the dispatcher' })
    expect(decide('RESERVED', {}, 2)).toEqual({ kind: 'acknowledge', why: 'fence passed' })
  })
})

describe('a running job', () => {
  it.each([
    [second, 1_001],
    [0, 1],
  ])(
    'of somebody else, its lease ending in %i ms, is looked at %i ms later: when the lease is over',
    (rest, waitMs) => {
      expect(decide('IN_PROGRESS', { leaseUntil: now + rest })).toEqual({
        kind: 'wait',
        waitMs,
        why: 'another run holds the job',
      })
    },
  )

  it.each<[string, Changes, object]>([
    ['is taken over', { leaseUntil: now - 1, attemptsLeft: 1 }, { kind: 'takeOver' }],
    ['is taken over when it has no lease', { leaseUntil: undefined }, { kind: 'takeOver' }],
    ['fails without attempts', { leaseUntil: now - 1, attemptsLeft: 0 }, { kind: 'fail', isLeaseOver: true }],
    ['is cancelled', { leaseUntil: now - 1, attemptsLeft: 0, cancelRequestedAt: now }, { kind: 'cancel' }],
  ])('whose lease is over %s', (_, changes, expected) => {
    expect(decide('IN_PROGRESS', changes)).toEqual({ ...expected, job: job('IN_PROGRESS', changes) })
  })
})

describe('a waiting job', () => {
  it.each([
    [900_001, { kind: 'acknowledge', why: 'due too far ahead; the sweeper will send another' }],
    [900_000, { kind: 'wait', waitMs: 900_000, why: 'not due yet' }],
    [1_001, { kind: 'wait', waitMs: 1_001, why: 'not due yet' }],
    [1_000, { kind: 'startMovingAt' }],
    [-5_000, { kind: 'startMovingAt' }],
  ])('due in %i ms', (aheadMs, expected) => {
    expect(decide('SCHEDULED', { scheduledAt: now + aheadMs })).toEqual(expected)
  })

  it('that neither form of the start could take is adopted: its text says another time than we read in it', () => {
    const item = job('RETRY', { scheduledAt: now - 5_000 })
    expect(decideRefusedStart(item, { ...refused(3), hasMoved: true })).toEqual({ kind: 'adopt', job: item })
  })

  it('without attempts fails, with its last is started', () => {
    const exhausted = job('RETRY', { attemptsLeft: 0 })
    expect(decide('RETRY', { attemptsLeft: 0 })).toEqual({ kind: 'fail', job: exhausted, isLeaseOver: false })
    expect(decide('RETRY', { attemptsLeft: 1 })).toEqual({ kind: 'startMovingAt' })
  })
})

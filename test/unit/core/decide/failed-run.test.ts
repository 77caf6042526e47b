import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decideThrown,
  decideTimedOut,
  decideUnrun,
  type FailureContext,
  snoozesInRow,
} from '../../../../lib/core/decide/failed-run.ts'
import { FailForGood, RetryAfter, Snooze } from '../../../../lib/core/definition/handler-errors.ts'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import type { Job } from '../../../../lib/core/job/job.ts'
import { sample } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'

const policy = { ...defaultPolicy, backoff: { kind: 'fixed', delayMs: 10_000 } } as const
const context = (changes: Partial<Job> = {}): FailureContext => ({
  job: read({ ...sample('IN_PROGRESS', { attempt: 1, attemptsLeft: 4, ...changes }), id: 'a' }),
  policy,
  fraction: 0.5,
})

describe('a handler that threw', () => {
  it('an error is tried again after the backoff, as long as attempts are left', () => {
    const error = { name: 'Error', message: 'no' }
    expect(decideThrown(context(), new Error('no'))).toMatchObject({ kind: 'retry', delayMs: 10_000, error })
    expect(decideThrown(context({ attemptsLeft: 0 }), new Error('no'))).toMatchObject({ kind: 'failed', error })
  })

  it('FailForGood ends the job, whatever attempts are left', () => {
    expect(decideThrown(context(), new FailForGood('gone'))).toMatchObject({ kind: 'failed' })
  })

  it.each([
    [new RetryAfter('1s'), 10_000],
    [new RetryAfter('1m'), 60_000],
    [new RetryAfter('1s', 'soon', { exactly: true }), 1_000],
  ])('%s waits for the longer of its wish and the backoff, or exactly as long as it says', (thrown, delayMs) => {
    expect(decideThrown(context(), thrown)).toMatchObject({ kind: 'retry', delayMs })
    expect(decideThrown(context({ attemptsLeft: 0 }), thrown)).toMatchObject({ kind: 'failed' })
  })

  it('Snooze waits and gives the attempt back, until the limit of the job', () => {
    expect(decideThrown(context({ attemptsLeft: 0 }), new Snooze('5s'))).toEqual({ kind: 'snoozed', delayMs: 5_000 })
    expect(decideThrown(context({ snoozes: 2, maxSnoozes: 2 }), new Snooze('5s'))).toEqual({
      kind: 'failed',
      error: { name: 'TooManySnoozes', message: 'snoozed 2 times' },
    })
  })

  it('counts failures, not starts: snoozes do not lengthen the backoff', () => {
    const linear = { ...policy, backoff: { kind: 'linear', stepMs: 1_000, capMs: 60_000 } as const }
    const snoozed = { ...context({ attempt: 5, snoozes: 3 }), policy: linear }
    expect(decideThrown(snoozed, new Error('no'))).toMatchObject({ delayMs: 2_000 })
  })

  it('always waits for a time that an item can hold, whatever another copy of the package asks for', () => {
    fc.assert(
      fc.property(fc.double(), fc.constantFrom('Snooze', 'RetryAfter'), fc.boolean(), (delayMs, name, isExact) => {
        const decided = decideThrown(context(), Object.assign(new Error('odd'), { name, delayMs, isExact }))
        expect('delayMs' in decided && Number.isInteger(decided.delayMs) && decided.delayMs >= 0).toBe(true)
      }),
    )
  })
})

it('a run whose time was up is tried again after the backoff, or has failed', () => {
  const error = { name: 'TimedOut', message: 'no outcome within 1m' }
  expect(decideTimedOut(context())).toEqual({ kind: 'retry', delayMs: 10_000, error })
  expect(decideTimedOut(context({ attemptsLeft: 0 }))).toEqual({ kind: 'failed', error })
})

it('a job that there was no time for is put off without a charge, until the limit of its snoozes', () => {
  expect(decideUnrun(context(), 2_000)).toEqual({ kind: 'snoozed', delayMs: 2_000 })
  const worn = { snoozes: 3, maxSnoozes: 3 }
  expect(decideUnrun(context(worn), 2_000)).toMatchObject({
    kind: 'retry',
    delayMs: 2_000,
    error: { name: 'NoTimeLeft' },
  })
  expect(decideUnrun(context({ ...worn, attemptsLeft: 0 }), 2_000)).toMatchObject({ kind: 'failed' })
})

describe('a job that gets on', () => {
  const at = (attempt: number, snoozes: number, progressedAt?: number) => ({
    ...context({ attempt, snoozes, attemptsLeft: 5 - attempt + snoozes, maxSnoozes: 3 }),
    progressedAt,
  })

  it.each([
    // Attempt, snoozes, the last attempt with progress, how often it was put off since.
    [5, 4, undefined, 4],
    [5, 4, 5, 0],
    [5, 4, 4, 0],
    [6, 5, 4, 1],
    [7, 6, 4, 2],
    // Two failures among the runs since.
    [9, 6, 4, 2],
    // Counters of a run that crashed after progress still say that it failed.
    [9, 4, 8, 0],
  ])('attempt %i, %i snoozes, progress in %s: put off %i times in a row', (attempt, snoozes, progressedAt, times) => {
    expect(snoozesInRow(at(attempt, snoozes, progressedAt))).toBe(times)
  })

  it('is put off beyond the bound of its counter, until it does not get on any more', () => {
    expect(decideThrown(at(5, 4, 4), new Snooze('5s'))).toEqual({ kind: 'snoozed', delayMs: 5_000, isBeyond: true })
    expect(decideUnrun(at(5, 4, 4), 2_000)).toEqual({ kind: 'snoozed', delayMs: 2_000, isBeyond: true })
    expect(decideThrown(at(8, 7, 4), new Snooze('5s'))).toMatchObject({ kind: 'failed' })
  })
})

import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import type { Job, JobState } from '../../../../lib/core/job/job.ts'
import { pullIfMine } from '../../../../lib/core/transitions/dispatch.ts'
import { newJob, placementFor } from '../../../../lib/core/transitions/enqueue.ts'
import { type Replacing, requeueIfEnded, rescheduleIfWaiting } from '../../../../lib/core/transitions/requeue.ts'
import { homeFor, minute, now, sample, second } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'
import { guardOf } from './guard-text.ts'

const policy = defaultPolicy
const holdMs = 129 * second
const job = (state: JobState, changes: Parameters<typeof sample>[1] = {}) =>
  read({ ...sample(state, changes), id: 'a' })

describe('where a job waits for its time', () => {
  it.each([
    ['overdue', -5_000, { state: 'RESERVED', lookAt: now + holdMs, dispatches: 1, send: { delayMs: 0 } }],
    ['now', 0, { state: 'RESERVED', lookAt: now + holdMs, dispatches: 1, send: { delayMs: 0 } }],
    ['in 1 ms', 1, { state: 'SCHEDULED', lookAt: now + 1 + holdMs, dispatches: 1, send: { delayMs: 1 } }],
    [
      'in 15 min',
      900_000,
      { state: 'SCHEDULED', lookAt: now + 900_000 + holdMs, dispatches: 1, send: { delayMs: 900_000 } },
    ],
    [
      'in 15 min and 1 ms',
      900_001,
      { state: 'SCHEDULED', lookAt: now + 900_001 - 90_000, dispatches: 0, send: undefined },
    ],
  ] as const)('due %s', (_, aheadMs, expected) => {
    expect(placementFor(now + aheadMs, now, policy)).toStrictEqual(expected)
  })
})

describe('a new job', () => {
  const given = { id: 'a', type: 't', queue: 'q', input: '{}', dueAt: now, maxAttempts: 5 }
  const usual = {
    id: 'a',
    type: 't',
    queue: 'q',
    state: 'RESERVED',
    input: '{}',
    attempt: 0,
    attemptsLeft: 5,
    scheduledAt: now,
    insertedAt: now,
    fence: 1,
    dispatches: 1,
    request: 'r',
    life: 'r',
    shard: 12,
    lane: 'q#live#12',
    lookAt: now + holdMs,
  }

  it('carries no attribute at its default', () => {
    expect(newJob(given, now, 'r', policy, 16)).toStrictEqual(usual)
    expect(newJob({ ...given, priority: 0, tags: [], depth: 0 }, now, 'r', policy, 16)).toStrictEqual(usual)
  })

  it('carries every attribute that is not at its default', () => {
    const options = { maxAttempts: 3, priority: -1, tags: ['x'], notify: '{}', depth: 2 }
    expect(newJob({ ...given, ...options }, now, 'r', { ...policy, maxSnoozes: 7 }, 16)).toStrictEqual({
      ...usual,
      ...options,
      attemptsLeft: 3,
      maxSnoozes: 7,
    })
  })

  it('begins a life of its own, which the token of its request tells', () => {
    expect(newJob(given, now, 'abcdefgh', policy, 16).life).toBe('abcdef')
  })

  it('due further ahead than SQS can delay has fence 0 and no message', () => {
    const far = newJob({ ...given, dueAt: now + 60 * minute }, now, 'r', policy, 16)
    expect(far).toMatchObject({ state: 'SCHEDULED', fence: 0, lookAt: now + 60 * minute - 90 * second })
    expect(far).not.toHaveProperty('dispatches')
  })
})

/** A job, and with what it is made to wait again. */
const again = (seen: Job, dueAt: number): [Job, Replacing] => [
  seen,
  { dueAt, now, request: 'r', policy, home: homeFor(seen) },
]

describe('T16', () => {
  const leftovers = ['owner', 'leaseUntil', 'ttl', 'finishedAt', 'cancelRequestedAt', 'progress']
  const placed = {
    state: 'SCHEDULED',
    fence: 4,
    scheduledAt: now + minute,
    dispatches: 1,
    queue: 'default',
    shard: 4,
    lane: 'default#live#4',
    lookAt: now + minute + holdMs,
    request: 'r',
  }

  it('runs an ended job again as a new generation with all its attempts', () => {
    const ended = job('FAILED', { attempt: 3, attemptsLeft: 0, maxAttempts: 3 })
    const transition = requeueIfEnded(...again(ended, now + minute))
    expect(transition).toMatchObject({ name: 'requeueIfEnded', row: 'T16' })
    expect(guardOf(transition)).toEqual(['state in FAILED COMPLETED CANCELLED', 'fence = 3'])
    expect(transition.set).toStrictEqual({ ...placed, generation: 2, attempt: 0, attemptsLeft: 3 })
    expect(transition.remove).toEqual([
      ...leftovers,
      'crashes',
      'snoozes',
      'result',
      'error',
      'why',
      'onFailed',
      'code',
      'startBy',
    ])
  })

  it('moves the job to its contract’s queue', () => {
    const seen = job('FAILED')
    const replacing = { ...again(seen, now)[1], home: homeFor(seen, 'mail') }
    const moved = { queue: 'mail', shard: 12, lane: 'mail#live#12' }
    expect(requeueIfEnded(seen, replacing).set).toMatchObject(moved)
    expect(rescheduleIfWaiting(job('RETRY'), replacing).set).toMatchObject(moved)
  })

  it('gives a waiting job another time and leaves its counters', () => {
    const transition = rescheduleIfWaiting(...again(job('RETRY'), now + minute))
    expect(transition).toMatchObject({ name: 'rescheduleIfWaiting', row: 'T16' })
    expect(guardOf(transition)).toEqual(['state in SCHEDULED RETRY RESERVED AVAILABLE WAITING', 'fence = 3'])
    expect(transition.set).toStrictEqual(placed)
    expect(transition.remove).toEqual(leftovers)
  })

  it('waits for the end of a lease under which a run may still be at work, and keeps it', () => {
    const leaseUntil = now + 2 * minute
    const kept = leftovers.filter(name => name !== 'leaseUntil')
    const requeued = requeueIfEnded(...again(job('CANCELLED', { leaseUntil }), now))
    expect(requeued.set).toMatchObject({ ...placed, scheduledAt: leaseUntil, lookAt: leaseUntil + holdMs })
    expect(requeued.remove).toEqual([
      ...kept,
      'crashes',
      'snoozes',
      'result',
      'error',
      'why',
      'onFailed',
      'code',
      'startBy',
    ])
    expect(rescheduleIfWaiting(...again(job('AVAILABLE', { leaseUntil }), now)).remove).toEqual(kept)
  })

  it('waits for no lease that is over, nor for that of a run which has ended itself', () => {
    const over = rescheduleIfWaiting(...again(job('RESERVED', { leaseUntil: now }), now))
    expect(over.set).toMatchObject({ state: 'RESERVED', scheduledAt: now })
    expect(over.remove).toEqual(leftovers)
    const retry = rescheduleIfWaiting(...again(job('RETRY', { leaseUntil: now + minute }), now))
    expect(retry.set).toMatchObject({ state: 'RESERVED', scheduledAt: now })
    expect(retry.remove).toEqual(leftovers)
  })
})

describe('T21', () => {
  it.each([
    [undefined, 0],
    [1, 0],
    [3, 2],
  ])('has the sweeper look at once and takes the send back: %o dispatches become %i', (dispatches, expected) => {
    const transition = pullIfMine(job('RESERVED', { dispatches, lookAt: now + holdMs }), now)
    expect(transition).toMatchObject({ name: 'pullIfMine', row: 'T21', remove: [] })
    expect(guardOf(transition)).toEqual(['fence = 3', 'lookAt = now 129 s'])
    expect(transition.set).toStrictEqual({ lookAt: now, dispatches: expected })
  })
})

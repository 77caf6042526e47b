import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import { whyOf } from '../../../../lib/core/job/why.ts'
import { ending } from '../../../../lib/core/transitions/ends.ts'
import {
  completeIfOwner,
  failIfOwner,
  heartbeatIfOwner,
  type RetryTime,
  retryIfOwner,
  snoozeIfOwner,
} from '../../../../lib/core/transitions/finish.ts'
import { mayLeaveAt, startIfDispatched, takeOverIfLeaseOver } from '../../../../lib/core/transitions/start.ts'
import { now, sample, second } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'
import { guardOf } from './guard-text.ts'

// Its lease is 69 s, its first hold 129 s.
const policy = defaultPolicy
const start = { now, owner: 'me', policy }
const held = (changes: Parameters<typeof sample>[1] = {}) =>
  read({ ...sample('IN_PROGRESS', { owner: 'me', ...changes }), id: 'a' })
const mineNow = { owner: 'me', now, policy }
const thrown = { name: 'E', message: 'm', stack: 's' }
const mine = ['owner = me', 'state = IN_PROGRESS']
/** A later release forbids the start, or the end, by what it writes. */
const bindsNothing = ['gate absent', 'parked absent']
const followed = 'next absent'

describe('where `lookAt` may stay at a start', () => {
  it.each([
    [68_999, false],
    [69_000, true],
    [198_000, true],
    [198_001, false],
  ])('%i ms from now: %s, for a lease of 69 s and a first hold of 129 s', (ahead, expected) => {
    expect(mayLeaveAt(now + ahead, start)).toBe(expected)
  })
})

describe('T6', () => {
  it('leaves `lookAt` where it is, and asks that it lie within the lease and the first hold', () => {
    const transition = startIfDispatched(3, start, true)
    expect(transition).toMatchObject({ name: 'startIfDispatched', row: 'T6', remove: ['dispatches'] })
    expect(guardOf(transition)).toEqual([
      'fence = 3',
      'state in RESERVED SCHEDULED RETRY',
      'scheduledAt <= now 1 s',
      'attemptsLeft >= 1',
      ...bindsNothing,
      'lookAt >= now 69 s',
      'lookAt <= now 198 s',
    ])
    expect(transition.set).toStrictEqual({
      state: 'IN_PROGRESS',
      owner: 'me',
      leaseUntil: now + 69 * second,
      startedAt: now,
    })
    expect(transition.add).toStrictEqual({ attempt: 1, attemptsLeft: -1 })
  })

  it('in its other form moves `lookAt` to a tick after the lease, whatever it was', () => {
    const transition = startIfDispatched(3, start, false)
    expect(transition.name).toBe('startIfDispatchedMovingAt')
    expect(guardOf(transition)).toEqual([
      'fence = 3',
      'state in RESERVED SCHEDULED RETRY',
      'scheduledAt <= now 1 s',
      'attemptsLeft >= 1',
      ...bindsNothing,
    ])
    expect(transition.set.lookAt).toBe(now + 129 * second)
  })
})

describe('T7', () => {
  it('takes over a run whose lease is over, counts the crash and never names the last owner', () => {
    const transition = takeOverIfLeaseOver(held({ owner: 'other', crashes: 2, lookAt: now + 100 * second }), 3, start)
    expect(transition).toMatchObject({ name: 'takeOverIfLeaseOver', row: 'T7', remove: ['dispatches'] })
    expect(guardOf(transition)).toEqual([
      'state = IN_PROGRESS',
      'owner = other',
      'leaseUntil < now 0 s',
      'cancelRequestedAt absent',
      'fence = 3',
      'attemptsLeft >= 1',
      ...bindsNothing,
      'lookAt >= now 69 s',
      'lookAt <= now 198 s',
    ])
    expect(transition.set).toStrictEqual({
      state: 'IN_PROGRESS',
      owner: 'me',
      leaseUntil: now + 69 * second,
      startedAt: now,
      crashes: 3,
    })
    expect(transition.add).toStrictEqual({ attempt: 1, attemptsLeft: -1 })
  })

  it.each([
    ['out of reach', now + 500 * second],
    ['absent', undefined],
  ])('moves an `lookAt` that is %s to a tick after the lease', (_, at) => {
    const transition = takeOverIfLeaseOver(held({ lookAt: at }), 3, start)
    expect(transition.set).toMatchObject({ lookAt: now + 129 * second, crashes: 1 })
    expect(guardOf(transition).filter(text => text.startsWith('at '))).toEqual([])
  })

  it('asks that an owner and a lease that were not there are still absent', () => {
    const transition = takeOverIfLeaseOver(held({ owner: undefined, leaseUntil: undefined }), 3, start)
    expect(guardOf(transition)).toEqual(expect.arrayContaining(['owner absent', 'leaseUntil absent']))
  })
})

describe('T8', () => {
  it('never moves the lease backwards', () => {
    const transition = heartbeatIfOwner('me', now + 70 * second, undefined)
    expect(transition).toMatchObject({ name: 'heartbeatIfOwner', row: 'T8', remove: [] })
    expect(guardOf(transition)).toEqual([...mine, 'leaseUntil <= now 70 s'])
    expect(transition.set).toStrictEqual({ leaseUntil: now + 70 * second })
  })

  it('writes progress when there is some, 0 as well', () => {
    expect(heartbeatIfOwner('me', now, 0).set).toStrictEqual({ leaseUntil: now, progress: 0 })
  })
})

describe('what every end writes', () => {
  it('keeps the item for the whole of its time: `ttl` in seconds, rounded up', () => {
    expect(ending({}, 10_001, 5_000)).toStrictEqual({ finishedAt: 10_001, ttl: 16, lookAt: 10_001 })
    expect(ending({}, 10_000, 5_000)).toStrictEqual({ finishedAt: 10_000, ttl: 15, lookAt: 10_000 })
  })

  it('keeps a job that somebody waits for until they are done, and no shorter than others', () => {
    expect(ending({ endBy: 20_000 }, 10_000, 5_000).ttl).toBe(20)
    expect(ending({ endBy: 12_000 }, 10_000, 5_000).ttl).toBe(15)
  })
})

describe('T9', () => {
  const ended = { finishedAt: now, ttl: now / 1_000 + 7 * 86_400, lookAt: now, lastOwner: 'me', leaseUntil: now }

  it('stores the result, ends the lease, keeps the item 7 days and takes it out of the index', () => {
    const transition = completeIfOwner({ job: held(), ...mineNow }, '{"sum":3}')
    expect(transition).toMatchObject({ name: 'completeIfOwner', row: 'T9', remove: ['lane'] })
    expect(guardOf(transition)).toEqual([...mine, followed])
    expect(transition.set).toStrictEqual({ state: 'COMPLETED', result: '{"sum":3}', ...ended })
  })

  it('with history moves the row to the completed lane, and writes no result where there is none', () => {
    const transition = completeIfOwner(
      { job: held(), ...mineNow, policy: { ...policy, listCompleted: true } },
      undefined,
    )
    expect(transition.set).toStrictEqual({ state: 'COMPLETED', ...ended, lane: 'default#completed#4' })
    expect(transition.remove).toEqual([])
  })
})

describe('T11', () => {
  const dueAt = now + 30 * second
  const retry = (lookAt: number | undefined, via: RetryTime['via']) =>
    retryIfOwner({ job: held({ lookAt }), ...mineNow }, { dueAt, via }, thrown)
  const waiting = {
    state: 'RETRY',
    scheduledAt: dueAt,
    lastOwner: 'me',
    leaseUntil: now,
    error: '{"name":"E","message":"m"}',
  }

  it('gives the job up unless it was cancelled, and says why it failed', () => {
    const transition = retry(dueAt + 100 * second, 'kept')
    expect(transition).toMatchObject({ name: 'retryIfOwner', row: 'T11', remove: ['owner'] })
    expect(guardOf(transition)).toEqual([...mine, 'cancelRequestedAt absent'])
    expect(transition.set).toStrictEqual(waiting)
  })

  it.each([
    ['59.999 s after the due time', 59_999, { lookAt: dueAt + 129 * second }],
    ['60 s after the due time', 60_000, {}],
    ['the first hold after the due time', 129_000, {}],
    ['a millisecond later than that', 129_001, { lookAt: dueAt + 129 * second }],
    ['absent', undefined, { lookAt: dueAt + 129 * second }],
  ])('with its message kept and `lookAt` %s: %o is written', (_, after, expected) => {
    expect(retry(after === undefined ? undefined : dueAt + after, 'kept').set).toStrictEqual({
      ...waiting,
      ...expected,
    })
  })

  it('with its message acknowledged has the sweeper look 90 s before the due time, wherever `lookAt` was', () => {
    expect(retry(dueAt + 100 * second, 'sweeper').set).toStrictEqual({ ...waiting, lookAt: dueAt - 90 * second })
  })
})

describe('T12', () => {
  it('ends the job and its lease, keeps it 30 days and moves its row to the failed lane', () => {
    const transition = failIfOwner({ job: held(), ...mineNow }, thrown)
    expect(transition).toMatchObject({ name: 'failIfOwner', row: 'T12', remove: ['owner'] })
    expect(guardOf(transition)).toEqual([...mine, followed])
    expect(transition.set).toStrictEqual({
      state: 'FAILED',
      error: '{"name":"E","message":"m","stack":"s"}',
      why: whyOf('{"name":"E","message":"m"}'),
      finishedAt: now,
      ttl: now / 1_000 + 30 * 86_400,
      lookAt: now,
      lane: 'default#failed#4',
      lastOwner: 'me',
      leaseUntil: now,
    })
  })
})

describe('T13', () => {
  const again = { dueAt: now + 30 * second, via: 'kept' } as const

  it('gives the attempt back and counts the first snooze', () => {
    const transition = snoozeIfOwner({ job: held({ lookAt: again.dueAt + 100 * second }), ...mineNow }, again)
    expect(transition).toMatchObject({ name: 'snoozeIfOwner', row: 'T13', remove: ['owner'] })
    expect(guardOf(transition)).toEqual([...mine, 'cancelRequestedAt absent', 'snoozes absent'])
    expect(transition.set).toStrictEqual({
      state: 'RETRY',
      scheduledAt: again.dueAt,
      lastOwner: 'me',
      leaseUntil: now,
      snoozes: 1,
      attemptsLeft: 5,
    })
  })

  it.each([
    [undefined, 1_000],
    [7, 7],
  ])('with a limit of %o is refused from the %i. snooze on', (maxSnoozes, limit) => {
    const transition = snoozeIfOwner({ job: held({ snoozes: 2, maxSnoozes }), ...mineNow }, again)
    expect(guardOf(transition).slice(3)).toEqual(['snoozes = 2', `snoozes < ${limit}`])
    expect(transition.set.snoozes).toBe(3)
  })

  it('beyond the limit of its counter asks only that nobody else has counted', () => {
    const transition = snoozeIfOwner({ job: held({ snoozes: 1_000 }), ...mineNow }, again, true)
    expect(guardOf(transition).slice(3)).toEqual(['snoozes = 1000'])
    expect(transition.set.snoozes).toBe(1_001)
  })
})

import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import type { Job, JobState, RawJob } from '../../../../lib/core/job/job.ts'
import {
  type Adopting,
  adoptIfAvailable,
  adoptIfStray,
  isInLiveShape,
  isStray,
  isUntidy,
  moveIfSeen,
  tidyIfEnded,
} from '../../../../lib/core/transitions/adopt.ts'
import { dispatchIfSeen, isBeyondDelay, lookLaterIfSeen } from '../../../../lib/core/transitions/dispatch.ts'
import { failIfExhausted, failIfLeaseOver, recoverIfLeaseOver } from '../../../../lib/core/transitions/recover.ts'
import { homeFor, minute, now, sample, second } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'
import { guardOf } from './guard-text.ts'

// Its first hold is 129 s.
const policy = defaultPolicy
type Changes = Parameters<typeof sample>[1]
const job = (state: JobState, changes: Changes = {}): Job => read({ ...sample(state, changes), id: 'a' })

describe('T5', () => {
  it.each([
    ['SCHEDULED', 0, 'RESERVED'],
    ['SCHEDULED', 1, 'SCHEDULED'],
    ['RETRY', 0, 'RESERVED'],
    ['RETRY', 1, 'RETRY'],
    ['AVAILABLE', 0, 'RESERVED'],
    ['AVAILABLE', 1, 'SCHEDULED'],
    ['RESERVED', 0, 'RESERVED'],
    ['RESERVED', 1, 'RESERVED'],
  ] as const)('from %s, due in %i ms, becomes %s', (state, aheadMs, expected) => {
    expect(dispatchIfSeen(job(state, { scheduledAt: now + aheadMs }), { now, request: 'r', policy }).set.state).toBe(
      expected,
    )
  })

  it('takes a new fence for a first message, and asks for what was seen', () => {
    const transition = dispatchIfSeen(job('SCHEDULED', { dispatches: undefined, lookAt: now - 5_000 }), {
      now,
      request: 'r',
      policy,
    })
    expect(transition).toMatchObject({ name: 'dispatchIfSeen', row: 'T5', remove: [] })
    expect(guardOf(transition)).toEqual(['state = SCHEDULED', 'fence = 3', 'lookAt = now -5 s'])
    expect(transition.set).toStrictEqual({
      state: 'SCHEDULED',
      fence: 4,
      dispatches: 1,
      lookAt: now + 10 * minute + 129 * second,
      request: 'r',
    })
  })

  it('keeps the fence of a message that may only be late, and holds it twice as long each time', () => {
    const transition = dispatchIfSeen(job('RESERVED', { dispatches: 2 }), { now, request: 'r', policy })
    expect(transition.set).toMatchObject({ fence: 3, dispatches: 3, lookAt: now + 4 * 129 * second })
  })
})

describe('T14', () => {
  const leaseOver = ['state = IN_PROGRESS', 'owner = x', 'leaseUntil < now 0 s', 'cancelRequestedAt absent']

  it('brings a job whose run is gone back to the queue, under a new fence', () => {
    const transition = recoverIfLeaseOver(job('IN_PROGRESS', { owner: 'x' }), { now, request: 'r', policy })
    expect(transition).toMatchObject({ name: 'recoverIfLeaseOver', row: 'T14', remove: ['owner'] })
    expect(guardOf(transition)).toEqual(leaseOver)
    expect(transition.set).toStrictEqual({
      state: 'RESERVED',
      fence: 4,
      crashes: 1,
      dispatches: 1,
      lookAt: now + 129 * second,
      request: 'r',
    })
  })

  it('writes a due time that a console edit spelt so that no start could compare it', () => {
    const edited = { ...job('IN_PROGRESS'), missing: ['scheduledAt'] as const }
    expect(recoverIfLeaseOver(edited, { now, request: 'r', policy }).set.scheduledAt).toBe(edited.scheduledAt)
  })

  it('counts crashes on', () => {
    const crashed = job('IN_PROGRESS', { crashes: 2 })
    expect(recoverIfLeaseOver(crashed, { now, request: 'r', policy }).set.crashes).toBe(3)
    expect(failIfLeaseOver(crashed, { now, request: 'r', policy }).set.crashes).toBe(3)
  })

  it('without attempts left ends the job FAILED', () => {
    const transition = failIfLeaseOver(job('IN_PROGRESS', { owner: 'x' }), { now, request: 'r', policy })
    expect(transition).toMatchObject({ name: 'failIfLeaseOver', row: 'T14', remove: ['owner'] })
    expect(guardOf(transition)).toEqual([...leaseOver, 'next absent'])
    expect(transition.set).toMatchObject({ state: 'FAILED', crashes: 1, finishedAt: now, request: 'r' })
    expect(transition.set.error).toMatch(/^{"name":"Crashed"/)
    expect(transition.set.why).toMatch(/^Crashed#[0-9a-f]{8}$/)
  })
})

describe('a job that waits with no attempt left', () => {
  it('ends FAILED from every waiting state, and only if it still has none', () => {
    const transition = failIfExhausted(job('RETRY', { attemptsLeft: 0 }), { now, request: 'r', policy })
    expect(transition).toMatchObject({ name: 'failIfExhausted', row: 'T6', remove: ['owner'] })
    expect(guardOf(transition)).toEqual([
      'state in SCHEDULED RETRY RESERVED AVAILABLE WAITING',
      'fence = 3',
      'attemptsLeft < 1',
      'next absent',
    ])
    expect(transition.set).toMatchObject({ state: 'FAILED', lane: 'default#failed#4', request: 'r' })
    expect(transition.set.error).toMatch(/^{"name":"OutOfAttempts"/)
  })
})

describe('the shape of a live job', () => {
  const live = sample('AVAILABLE')

  it('is what an enqueue writes', () => {
    expect(isInLiveShape(job('AVAILABLE'))).toBe(true)
    expect(isInLiveShape({ ...job('AVAILABLE'), missing: [] })).toBe(true)
  })

  it.each<[string, RawJob]>([
    ['a required attribute missing', { ...live, attempt: undefined } as unknown as RawJob],
    ['a row in another lane', { ...live, lane: 'default#failed#4' }],
    ['a row of another shard', { ...live, lane: 'default#live#5' }],
    ['a ttl', { ...live, ttl: 1_800_000_000 }],
    ['a finishedAt', { ...live, finishedAt: now }],
    ['an owner', { ...live, owner: 'x' }],
  ])('is broken by %s', (_, item) => {
    expect(isInLiveShape(read({ ...item, id: 'a' }))).toBe(false)
  })

  it('is broken by a row without a time', () => {
    expect(isInLiveShape(job('AVAILABLE', { lookAt: undefined }))).toBe(false)
  })
})

const adopting = (seen: Job, changes: Partial<Adopting> = {}): Adopting => ({
  now,
  request: 'request1',
  policy,
  home: homeFor(seen),
  ...changes,
})
const adopt = (seen: Job, changes: Partial<Adopting> = {}) => adoptIfAvailable(seen, adopting(seen, changes))

describe('T19', () => {
  const cleaned = ['owner', 'leaseUntil', 'ttl', 'finishedAt', 'cancelRequestedAt', 'dispatches', 'parked', 'beyond']

  it('fills in what a foreign writer left out, and makes it due now', () => {
    const raw = read({ id: 'a', type: 'sample', state: 'AVAILABLE', input: '{}' })
    const transition = adopt(raw)
    expect(transition).toMatchObject({ name: 'adoptIfAvailable', row: 'T19' })
    expect(guardOf(transition)).toEqual(['state = AVAILABLE', 'fence absent'])
    expect(transition.set).toStrictEqual({
      queue: 'default',
      fence: 1,
      attempt: 0,
      attemptsLeft: 5,
      scheduledAt: now,
      insertedAt: now,
      shard: 12,
      lane: 'default#live#12',
      lookAt: now,
      request: 'request1',
      life: 'reques',
    })
    expect(transition.remove).toEqual(cleaned)
  })

  it('what a foreign writer left out is the contract’s: queue, attempts, snoozes', () => {
    const raw = read({ id: 'a', type: 'sample', state: 'AVAILABLE', input: '{}' })
    const contract = { policy: { ...policy, maxAttempts: 1, maxSnoozes: 7 }, home: homeFor(raw, 'payments') }
    expect(adopt(raw, contract).set).toMatchObject({
      queue: 'payments',
      lane: 'payments#live#12',
      attemptsLeft: 1,
      maxAttempts: 1,
      maxSnoozes: 7,
    })
    expect(adoptIfStray({ ...raw, state: 'RESERVED' }, adopting(raw, contract)).set).toMatchObject({
      queue: 'payments',
      maxAttempts: 1,
    })
    const limited = read({ ...raw, missing: [], attemptsLeft: undefined, maxAttempts: 3, maxSnoozes: 2 } as never)
    expect(adopt(limited, contract).set).toMatchObject({ attemptsLeft: 3, maxAttempts: 3, maxSnoozes: 2 })
  })

  it('a job that counts its attempts already keeps them, where absent means the default', () => {
    const contract = { policy: { ...policy, maxAttempts: 1, maxSnoozes: 7 } }
    const { set } = adopt(job('AVAILABLE', { lane: undefined }), contract)
    expect(set).toMatchObject({ attempt: 0, attemptsLeft: 5 })
    expect(set).not.toHaveProperty('maxAttempts')
    expect(set).not.toHaveProperty('maxSnoozes')
  })

  it('keeps the life of a job that has one', () => {
    expect(adopt(job('AVAILABLE', { life: 'before' })).set).not.toHaveProperty('life')
  })

  it('keeps what the item says of itself, also a time in the future', () => {
    const seen = job('AVAILABLE', { queue: 'mail', scheduledAt: now + minute, attempt: 2, attemptsLeft: 3, owner: 'x' })
    expect(adopt(seen).set).toStrictEqual({
      queue: 'mail',
      fence: 4,
      attempt: 2,
      attemptsLeft: 3,
      scheduledAt: now + minute,
      insertedAt: now - 10 * minute,
      shard: 4,
      lane: 'mail#live#4',
      lookAt: now,
      request: 'request1',
      life: 'reques',
    })
  })

  it.each([
    ['ttl', { ttl: 1_800_000_000 }],
    ['finishedAt', { finishedAt: now - minute }],
  ])('from an ended job, which its %s tells, is a requeue', (_, ended) => {
    const transition = adopt(job('AVAILABLE', { ...ended, attempt: 9, attemptsLeft: 0, maxAttempts: 9, generation: 2 }))
    expect(transition.set).toMatchObject({ attempt: 0, attemptsLeft: 9, generation: 3 })
    expect(transition.remove).toEqual([
      ...cleaned,
      'crashes',
      'snoozes',
      'result',
      'error',
      'why',
      'onFailed',
      'progress',
      'startBy',
    ])
  })

  it('waits for the end of a lease under which a run may still be at work, and keeps it', () => {
    const leaseUntil = now + 30 * second
    const transition = adopt(job('AVAILABLE', { leaseUntil }))
    expect(transition.set.scheduledAt).toBe(leaseUntil)
    expect(transition.remove).toEqual(cleaned.filter(name => name !== 'leaseUntil'))
  })

  it('waits for no lease that is over', () => {
    const transition = adopt(job('AVAILABLE', { leaseUntil: now, scheduledAt: now - second }))
    expect(transition.set.scheduledAt).toBe(now)
    expect(transition.remove).toEqual(cleaned)
  })
})

describe('a stray', () => {
  it.each(['RESERVED', 'COMPLETED', 'FAILED'] as const)('is no %s job as its transition left it', state => {
    expect(isStray(job(state))).toBe(false)
  })

  it.each<[string, JobState, Changes]>([
    ['without a lane', 'RESERVED', { lane: undefined }],
    ['in the lane of another phase', 'SCHEDULED', { lane: 'default#failed#4' }],
    ['in the lane of another shard', 'IN_PROGRESS', { lane: 'default#live#5' }],
    ['without a time', 'RETRY', { lookAt: undefined }],
    ['in a shard that no queue can have', 'RESERVED', { shard: 2_000, lane: 'default#live#2000' }],
  ])('is a job that has not ended, %s', (_, state, changes) => {
    expect(isStray(job(state, changes))).toBe(true)
  })

  it('is no job that a later release wrote', () => {
    expect(isStray(job('BLOCKED' as JobState, { lane: undefined }))).toBe(false)
  })

  it('is made AVAILABLE whatever its state, if it is as it was seen', () => {
    const stray = job('RETRY', { lane: undefined })
    const transition = adoptIfStray(stray, adopting(stray))
    expect(transition).toMatchObject({ name: 'adoptIfStray', row: 'T19' })
    expect(guardOf(transition)).toEqual(['state = RETRY', 'fence = 3', 'lane absent', 'lookAt = now 0 s'])
    const { set, remove } = adopt(stray)
    expect(transition.set).toStrictEqual({ ...set, state: 'AVAILABLE' })
    expect(transition.remove).toEqual(remove)
  })
})

it('a stray whose time no guard can compare is adopted without asking for it', () => {
  const stray = job('AVAILABLE', { lookAt: undefined })
  expect(guardOf(adoptIfStray(stray, adopting(stray)))).toEqual([
    'state = AVAILABLE',
    'fence = 3',
    'lane = default#live#4',
  ])
})

describe('T22', () => {
  it('moves a job to its queue, due at once, and changes nothing else', () => {
    const seen = job('IN_PROGRESS', { owner: 'x' })
    const transition = moveIfSeen(seen, homeFor(seen, 'mail'), now)
    expect(transition).toMatchObject({ name: 'moveIfSeen', row: 'T22', remove: [], event: { name: 'job_moved' } })
    expect(guardOf(transition)).toEqual(['state = IN_PROGRESS', 'owner = x', 'fence = 3', 'lookAt = now 0 s'])
    expect(transition.set).toStrictEqual({ queue: 'mail', shard: 12, lane: 'mail#live#12', lookAt: now })
  })

  it('at home writes the row anew, and reports no move', () => {
    const seen = job('SCHEDULED', { lookAt: now - 60 * minute })
    const transition = moveIfSeen(seen, homeFor(seen), now)
    expect(transition.set).toMatchObject({ queue: 'default', shard: 4, lookAt: now })
    expect(transition).not.toHaveProperty('event')
  })
})

describe('T23', () => {
  it.each([
    ['FAILED', 30, { lane: 'default#failed#4' }, []],
    ['CANCELLED', 30, { lane: 'default#cancelled#4' }, []],
    ['COMPLETED', 7, {}, ['lane']],
  ] as const)('puts the row of a job that was edited to %s where its end belongs', (state, days, lane, remove) => {
    const seen = job(state, { lane: 'default#live#4', finishedAt: undefined, ttl: undefined })
    const transition = tidyIfEnded(seen, now, policy)
    expect(transition).toMatchObject({ name: 'tidyIfEnded', row: 'T23', remove, event: { name: 'job_tidied' } })
    expect(guardOf(transition)).toEqual([`state = ${state}`, 'lane = default#live#4'])
    expect(transition.set).toStrictEqual({ finishedAt: now, ttl: now / 1_000 + days * 86_400, lookAt: now, ...lane })
  })

  it('keeps completed jobs listed where their contract wants it, and the time of an end that is known', () => {
    const listed = { ...policy, listCompleted: true }
    const seen = job('COMPLETED', { lane: 'default#live#4', finishedAt: now - minute })
    expect(tidyIfEnded(seen, now, listed).set).toMatchObject({ lane: 'default#completed#4', finishedAt: now - minute })
  })

  it('is for an end in a live lane only', () => {
    expect(isUntidy(job('CANCELLED', { lane: 'default#live#4' }))).toBe(true)
    expect(isUntidy(job('CANCELLED', { lane: undefined }))).toBe(false)
    expect(isUntidy(job('FAILED'))).toBe(false)
    expect(isUntidy(job('RESERVED'))).toBe(false)
  })
})

describe('T20', () => {
  it('looks at a running job when its lease ends', () => {
    const transition = lookLaterIfSeen(job('IN_PROGRESS', { owner: 'x', lookAt: now - 5_000 }), now)
    expect(transition).toMatchObject({ name: 'lookLaterIfSeen', row: 'T20', remove: [] })
    expect(guardOf(transition)).toEqual(['state = IN_PROGRESS', 'owner = x', 'fence = 3', 'lookAt = now -5 s'])
    expect(transition.set).toStrictEqual({ lookAt: now + 30 * second })
  })

  it('looks at once at a running job without a lease', () => {
    expect(lookLaterIfSeen(job('IN_PROGRESS', { leaseUntil: undefined }), now).set).toStrictEqual({ lookAt: now })
  })

  it.each(['SCHEDULED', 'RETRY'] as const)('looks at a %s job 90 s before it is due', state => {
    const later = job(state, { scheduledAt: now + 60 * minute })
    expect(lookLaterIfSeen(later, now).set).toStrictEqual({ lookAt: now + 60 * minute - 90 * second })
  })

  it('makes an AVAILABLE job SCHEDULED', () => {
    const later = job('AVAILABLE', { scheduledAt: now + 60 * minute })
    expect(lookLaterIfSeen(later, now).set).toMatchObject({ state: 'SCHEDULED' })
  })
})

it('SQS can delay a message by 15 minutes, not by a millisecond more', () => {
  expect(isBeyondDelay(job('SCHEDULED', { scheduledAt: now + 900_000 }), now)).toBe(false)
  expect(isBeyondDelay(job('SCHEDULED', { scheduledAt: now + 900_001 }), now)).toBe(true)
})

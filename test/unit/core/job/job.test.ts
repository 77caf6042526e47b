import { describe, expect, it } from 'vitest'
import { jobBytes } from '../../../../lib/core/job/item-size.ts'
import {
  completeJob,
  generationOf,
  heldUntil,
  isTerminal,
  isUnderstood,
  jobStates,
  maxAttemptsOf,
  maxSnoozesOf,
  notifyOf,
  type RawJob,
} from '../../../../lib/core/job/job.ts'
import { isOwnOutcome, isOwnRequest, isOwnRun } from '../../../../lib/core/transitions/own-write.ts'

const raw = { id: 'a', type: 't', state: 'AVAILABLE', input: '{}' } as const
const foreign = (more: Record<string, unknown> = {}): RawJob => ({ ...raw, ...more })
const job = (more: Record<string, unknown> = {}) => {
  const read = completeJob(foreign(more), 1_000)
  if (read === undefined) throw new Error('not a job')
  return read
}

describe('what an item reads as', () => {
  it('fills in what a foreign writer left out, and says so', () => {
    expect(job()).toStrictEqual({
      ...raw,
      queue: 'default',
      attempt: 0,
      attemptsLeft: 5,
      scheduledAt: 1_000,
      insertedAt: 1_000,
      fence: 0,
      shard: 0,
      missing: ['queue', 'attempt', 'attemptsLeft', 'scheduledAt', 'insertedAt', 'fence', 'shard'],
    })
  })

  it('keeps what is there, and names only the rest', () => {
    const item = { queue: 'q', attempt: 1, attemptsLeft: 2, scheduledAt: 3, insertedAt: 4, fence: 5 }
    expect(job(item)).toStrictEqual({ ...raw, ...item, shard: 0, missing: ['shard'] })
    expect(job({ ...item, shard: 6 })).toStrictEqual({ ...raw, ...item, shard: 6 })
  })

  it.each([
    [{}, 5],
    [{ maxAttempts: 9 }, 9],
    [{ maxAttempts: 'many' }, 5],
    [{ attempt: 2 }, 3],
    [{ attempt: 2, snoozes: 1 }, 4],
    [{ attempt: 7 }, 0],
  ])('with %o has %i attempts left', (item, expected) => {
    expect(job(item).attemptsLeft).toBe(expected)
  })

  it.each(['id', 'type', 'state', 'input'] as const)('is nothing without %s, or with a number in its place', name => {
    const { [name]: _, ...rest } = foreign()
    expect(completeJob(rest, 1_000)).toBeUndefined()
    expect(completeJob(foreign({ [name]: 5 }), 1_000)).toBeUndefined()
  })

  it('is a job in a state that nobody knows: a later release may have written it', () => {
    expect(completeJob(foreign({ state: 'PAUSED' }), 1_000)).toMatchObject({ state: 'PAUSED' })
    expect(completeJob(foreign({ state: undefined }), 1_000)).toBeUndefined()
    for (const state of jobStates) expect(completeJob(foreign({ state }), 1_000)).toMatchObject({ state })
  })

  it('has the defaults of what is absent', () => {
    expect([maxAttemptsOf(job()), maxSnoozesOf(job()), generationOf(job())]).toEqual([5, 1_000, 1])
    const set = job({ maxAttempts: 2, maxSnoozes: 0, generation: 4 })
    expect([maxAttemptsOf(set), maxSnoozesOf(set), generationOf(set)]).toEqual([2, 0, 4])
  })
})

describe('what this release understands', () => {
  it.each(jobStates)('a %s job of the first format', state => {
    expect(isUnderstood(job({ state }))).toBe(true)
    expect(isUnderstood(job({ state, fmt: 1 }))).toBe(true)
  })

  it('not a job of another state, nor one of a later format', () => {
    expect(isUnderstood(job({ state: 'BLOCKED' }))).toBe(false)
    expect(isUnderstood(job({ fmt: 2 }))).toBe(false)
  })
})

it('an event carries what the job asks to be told with it, and nothing where it asks nothing', () => {
  expect(notifyOf(job({ notify: '{"to":"me"}' }))).toStrictEqual({ notify: '{"to":"me"}' })
  expect(notifyOf(job())).toStrictEqual({})
})

it.each([
  [{ state: 'AVAILABLE' }, 0],
  [{ state: 'AVAILABLE', leaseUntil: 7 }, 7],
  [{ state: 'FAILED', leaseUntil: 7 }, 7],
  [{ state: 'RETRY', leaseUntil: 7 }, 0],
])('a job with %o is held until %i', (item, expected) => {
  expect(heldUntil(job(item))).toBe(expected)
})

it('three states are terminal', () => {
  expect(jobStates.filter(isTerminal)).toEqual(['FAILED', 'COMPLETED', 'CANCELLED'])
  expect(jobStates.filter(state => isTerminal(state))).toEqual(['FAILED', 'COMPLETED', 'CANCELLED'])
})

describe('whose write it was', () => {
  it.each([
    [{ state: 'IN_PROGRESS', owner: 'me' }, true],
    [{ state: 'IN_PROGRESS', owner: 'other' }, false],
    [{ state: 'IN_PROGRESS', lastOwner: 'me' }, false],
    [{ state: 'COMPLETED', owner: 'me' }, false],
  ])('%o is held by me: %s', (item, expected) => {
    expect(isOwnRun(job(item), 'me')).toBe(expected)
    expect(isOwnRun(undefined, 'me')).toBe(false)
  })

  it.each([
    [{ state: 'COMPLETED', owner: 'me', lastOwner: 'me' }, true],
    [{ state: 'IN_PROGRESS', owner: 'other', lastOwner: 'me' }, true],
    [{ state: 'RETRY', lastOwner: 'other' }, false],
    [{ state: 'RESERVED', owner: 'me' }, false],
    // I hold it again after an outcome of my own: that outcome is not the one asked for.
    [{ state: 'IN_PROGRESS', owner: 'me', lastOwner: 'me' }, false],
  ])('%o is my outcome: %s', (item, expected) => {
    expect(isOwnOutcome(job(item), 'me')).toBe(expected)
    expect(isOwnOutcome(undefined, 'me')).toBe(false)
  })

  it('a request knows its job by its token', () => {
    expect(isOwnRequest(job({ request: 'r' }), 'r')).toBe(true)
    expect(isOwnRequest(job({ request: 's' }), 'r')).toBe(false)
    expect(isOwnRequest(job(), 'r')).toBe(false)
    expect(isOwnRequest(undefined, 'r')).toBe(false)
  })
})

describe('the bytes of a job', () => {
  it.each([
    [{}, 0],
    [{ id: 'äb' }, 2 + 3],
    [{ fence: 1 }, 5 + 24],
    [{ fence: 1, owner: undefined }, 5 + 24],
    [{ tags: [] }, 4 + 3],
    [{ tags: ['a', 'ü'] }, 4 + 3 + 2 + 3],
    [{ id: 'a', fence: 1 }, 3 + 29],
  ])('%o: %i, names and values', (item, expected) => {
    expect(jobBytes(item as Parameters<typeof jobBytes>[0])).toBe(expected)
  })
})

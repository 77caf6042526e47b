import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { decideDue } from '../../../../lib/core/decide/due-job.ts'
import type { JobState } from '../../../../lib/core/job/job.ts'
import { shardOf } from '../../../../lib/core/job/lane.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import { now, sample, second } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'

type Changes = Parameters<typeof sample>[1]
const runner = defineRunner({
  queues: { mails: {} },
  jobs: [
    defineJob({ type: 'sample', input: v.object({}) }),
    defineJob({ type: 'sync', input: v.object({}), limit: { key: () => 'a', concurrency: 1 } }),
    defineJob({ type: 'mail', input: v.object({}), queue: 'mails' }),
  ],
})
const decide = (state: JobState, changes: Changes = {}) =>
  decideDue(read({ ...sample(state, changes), id: 'a' }), now, runner)
const mails = { queue: 'mails', shard: shardOf('a', 16), lane: `mails#live#${shardOf('a', 16)}` }

describe('what the sweeper does with a due row', () => {
  it('skips what is not there, what has ended and what was looked at already', () => {
    expect(decideDue(undefined, now, runner)).toEqual({ kind: 'skip', why: 'no such job' })
    expect(decide('COMPLETED')).toEqual({ kind: 'skip', why: 'already COMPLETED' })
    expect(decide('RESERVED', { lookAt: now + 1 })).toEqual({ kind: 'skip', why: 'looked at already' })
  })

  it.each<[JobState, Changes]>([
    ['RESERVED', { lookAt: now }],
    ['SCHEDULED', { lookAt: now - 1, scheduledAt: now }],
    ['AVAILABLE', { lookAt: now + 1 }],
  ])('dispatches a %s job with %o', (state, changes) => {
    expect(decide(state, changes)).toEqual({ kind: 'dispatch', delayMs: 0 })
  })

  it('dispatches a job that is not due yet with the rest as its delay, as far as SQS can delay', () => {
    expect(decide('SCHEDULED', { scheduledAt: now + 900_000 })).toMatchObject({ kind: 'dispatch', delayMs: 900_000 })
    expect(decide('SCHEDULED', { scheduledAt: now + 900_001 })).toEqual({ kind: 'later' })
    expect(decide('RETRY', { scheduledAt: now + second })).toMatchObject({ kind: 'dispatch', delayMs: second })
  })

  it('adopts an AVAILABLE item that is not in the shape of a live job, before its attempts are counted', () => {
    const home = { queue: 'default', shard: 4, lane: 'default#live#4' }
    expect(decide('AVAILABLE', { lane: undefined })).toEqual({ kind: 'adopt', home })
    expect(decide('AVAILABLE', { ttl: 1_800_000_000, attemptsLeft: 0 })).toEqual({ kind: 'adopt', home })
  })

  it.each(['SCHEDULED', 'RESERVED', 'RETRY'] as const)(
    'adopts a %s job that a console edit left in no shape of ours: no start could match it',
    state => {
      expect(decide(state, { lane: undefined }).kind).toBe('adopt')
      expect(decide(state, { lookAt: undefined }).kind).toBe('adopt')
      expect(decide(state, { owner: 'somebody' }).kind).toBe('adopt')
      expect(decide(state, { missing: ['scheduledAt'] }).kind).toBe('adopt')
    },
  )

  it('adopts a job under a shard that no queue can have, in a shard that the sweeper walks', () => {
    const shard = shardOf('a', 16)
    for (const wrong of [1_024, 1e9, -1]) {
      expect(decide('RESERVED', { shard: wrong, lane: `default#live#${wrong}` })).toEqual({
        kind: 'adopt',
        home: { queue: 'default', shard, lane: `default#live#${shard}` },
      })
    }
  })

  it('ends a waiting job past its startBy, whatever it waits for, and no other', () => {
    for (const state of ['AVAILABLE', 'SCHEDULED', 'RETRY', 'RESERVED'] as const) {
      expect(decide(state, { startBy: now - 1 })).toEqual({ kind: 'end', why: 'expired' })
      expect(decide(state, { startBy: now }).kind).toBe('dispatch')
    }
    expect(decide('IN_PROGRESS', { startBy: now - 1, leaseUntil: now - 1 }).kind).toBe('recover')
  })

  it('fails a waiting job without attempts, and dispatches one that has its last', () => {
    expect(decide('AVAILABLE', { attemptsLeft: 0 })).toEqual({ kind: 'end', why: 'exhausted' })
    expect(decide('SCHEDULED', { attemptsLeft: 0 })).toEqual({ kind: 'end', why: 'exhausted' })
    expect(decide('RESERVED', { attemptsLeft: 1 }).kind).toBe('dispatch')
  })
})

describe('a job follows its contract', () => {
  it.each(['SCHEDULED', 'RETRY', 'RESERVED', 'AVAILABLE'] as const)('a %s job moves to its contract’s queue', state => {
    expect(decide(state, { type: 'mail' })).toEqual({ kind: 'move', home: mails })
    const gone = { type: 'mail', queue: 'gone', lane: 'gone#live#4' }
    expect(decide(state, gone)).toEqual({ kind: 'move', home: mails })
  })

  it('a running job moves when its lease is over, and not before', () => {
    expect(decide('IN_PROGRESS', { type: 'mail', leaseUntil: now })).toEqual({ kind: 'later' })
    expect(decide('IN_PROGRESS', { type: 'mail', leaseUntil: now - 1 })).toEqual({ kind: 'move', home: mails })
    const flagged = { type: 'mail', leaseUntil: now - 1, cancelRequestedAt: now }
    expect(decide('IN_PROGRESS', flagged)).toEqual({ kind: 'end', why: 'cancelled' })
  })

  it('a job of an unknown type stays in its queue; one whose queue is unknown too is set aside', () => {
    expect(decide('RESERVED', { type: 'stranger' }).kind).toBe('dispatch')
    const why = "neither its type 'stranger' nor its queue 'gone' is in this deployment"
    const lost = { type: 'stranger', queue: 'gone', lane: 'gone#live#4' }
    expect(decide('RESERVED', lost)).toEqual({ kind: 'setAside', why })
    expect(decide('AVAILABLE', { ...lost, lane: undefined })).toEqual({ kind: 'setAside', why })
    expect(decide('IN_PROGRESS', { ...lost, leaseUntil: now - 1 })).toEqual({ kind: 'setAside', why })
  })

  it('a far-off job moves when it comes within SQS’s reach', () => {
    expect(decide('SCHEDULED', { type: 'mail', scheduledAt: now + 900_001 })).toEqual({ kind: 'later' })
  })
})

describe('a job in line at its gate', () => {
  const inLine = { type: 'sync', gate: 'sync/a', parked: now - second }

  it('stays there, and its look moves on', () => {
    expect(decide('AVAILABLE', inLine)).toEqual({ kind: 'parked' })
    expect(decide('AVAILABLE', { ...inLine, lookAt: now + 1 })).toEqual({ kind: 'skip', why: 'looked at already' })
  })

  it('ends where it would end elsewhere', () => {
    expect(decide('AVAILABLE', { ...inLine, startBy: now - 1 })).toEqual({ kind: 'end', why: 'expired' })
    expect(decide('AVAILABLE', { ...inLine, attemptsLeft: 0 })).toEqual({ kind: 'end', why: 'exhausted' })
  })

  it('is handed out where the code has no limit for it any more', () => {
    expect(decide('AVAILABLE', { ...inLine, gate: 'sample/a' })).toEqual({ kind: 'dispatch', delayMs: 0 })
  })

  it('is handed out once it waits for nothing: a gate alone keeps nobody', () => {
    expect(decide('AVAILABLE', { ...inLine, parked: undefined })).toEqual({ kind: 'dispatch', delayMs: 0 })
  })
})

describe('an edit into a terminal state', () => {
  it.each(['FAILED', 'COMPLETED', 'CANCELLED'] as const)('%s with a row in a live lane is tidied', state => {
    expect(decide(state, { lane: 'default#live#4' })).toEqual({ kind: 'tidy' })
    expect(decide(state, { lane: `default#${state.toLowerCase()}#4` }).kind).toBe('skip')
    expect(decide(state, { lane: undefined }).kind).toBe('skip')
  })
})

describe('what a later release wrote is left alone', () => {
  const skipped = { kind: 'skip', why: 'written by a later release' }
  it('a job of an unknown state or format', () => {
    expect(decide('BLOCKED' as JobState)).toEqual(skipped)
    expect(decide('RESERVED', { fmt: 2 })).toEqual(skipped)
    expect(decide('RESERVED', { fmt: 1 }).kind).toBe('dispatch')
  })
})

describe('what the sweeper does with a running job', () => {
  it.each<[string, Changes, object]>([
    ['whose lease ends in a second', { leaseUntil: now + second }, { kind: 'later' }],
    ['whose lease ends now', { leaseUntil: now }, { kind: 'later' }],
    ['whose lease ended a millisecond ago', { leaseUntil: now - 1 }, { kind: 'recover' }],
    ['without a lease', { leaseUntil: undefined }, { kind: 'recover' }],
    ['in its last attempt', { leaseUntil: now - 1, attemptsLeft: 0 }, { kind: 'end', why: 'crashed' }],
    ['with one attempt left', { leaseUntil: now - 1, attemptsLeft: 1 }, { kind: 'recover' }],
    [
      'that was cancelled',
      { leaseUntil: now - 1, attemptsLeft: 0, cancelRequestedAt: now },
      { kind: 'end', why: 'cancelled' },
    ],
    ['that was cancelled, its lease not over', { leaseUntil: now, cancelRequestedAt: now }, { kind: 'later' }],
  ])('%s', (_, changes, expected) => {
    expect(decide('IN_PROGRESS', { lookAt: now - 1, ...changes })).toEqual(expected)
  })
})

import { describe, expect, it } from 'vitest'
import { defaultPolicy as policy } from '../../../../lib/core/definition/policy.ts'
import { completeJob, type Job } from '../../../../lib/core/job/job.ts'
import { failIfOwner } from '../../../../lib/core/transitions/finish.ts'
import {
  failureNameOf,
  failureOf,
  failureText,
  followerOf,
  thenOnFailed,
} from '../../../../lib/core/transitions/on-failed.ts'
import { maxChainDepth } from '../../../../lib/core/values/times.ts'

const now = Date.parse('2026-11-22T10:00:00.123Z')
const jobWith = (more: Partial<Job>): Job =>
  completeJob(
    { id: 'order#7', type: 'charge', state: 'IN_PROGRESS', input: '{"n":1}', life: 'abc_-1', ...more },
    now,
  ) as Job
const thrown = { name: 'Error', message: 'no', stack: 'Error: no\n    at secret.ts:1:1' }
const endOf = (job: Job) => failIfOwner({ job, owner: 'o', policy, now }, thrown)

describe('the name of a failure', () => {
  it('is read back, whatever the id holds', () => {
    const name = failureNameOf(jobWith({ generation: 12 }))
    expect(name).toBe('abc_-1#12#order#7')
    expect(failureOf({ failureOf: name })).toEqual({ id: 'order#7', generation: 12 })
    expect(failureOf({ failureOf: failureNameOf(jobWith({ id: 'a\nb' })) })).toEqual({ id: 'a\nb', generation: 1 })
  })

  it.each(['', 'abc', 'abc#1', 'abc#one#x', 'abc##x'])('that an edit has spoilt is none: %j', name => {
    expect(failureOf({ failureOf: name })).toBeUndefined()
  })
})

describe('what follows', () => {
  const job = jobWith({ attempt: 3, depth: maxChainDepth, context: '{"baggage":{}}' })

  it('gets name and message of the error, and never its stack', () => {
    const text = failureText(job, endOf(job), job.input)
    expect(JSON.parse(text)).toEqual({
      id: 'order#7',
      type: 'charge',
      generation: 1,
      attempts: 3,
      error: { name: 'Error', message: 'no' },
      failedAt: '2026-11-22T10:00:00.123Z',
      input: { n: 1 },
    })
    expect(text).not.toContain('secret.ts')
  })

  it('is the job that the end names; the chain never grows beyond its limit', () => {
    const given = { type: 'f', policy, home: { queue: 'q' }, shards: 4, request: 'request1', now }
    const follower = followerOf(job, '{}', given)
    expect(thenOnFailed(endOf(job), job).set.onFailed).toBe(follower.id)
    expect(follower).toMatchObject({ state: 'AVAILABLE', depth: maxChainDepth, context: job.context, queue: 'q' })
    expect(followerOf(jobWith({ generation: 2 }), '{}', given).id).not.toBe(follower.id)
    expect(followerOf(jobWith({ life: 'another' }), '{}', given).id).not.toBe(follower.id)
  })
})

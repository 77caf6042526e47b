import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import {
  countedName,
  countedState,
  endedRunOf,
  enteredState,
  isStart,
} from '../../../../lib/core/history/job-change.ts'
import { type Job, lifeOf } from '../../../../lib/core/job/job.ts'
import { retryIfOwner } from '../../../../lib/core/transitions/finish.ts'
import { jobAfter } from '../../../../lib/core/transitions/transition.ts'
import { changesOf, jobWith, sunday } from '../../../support/job-changes.ts'

const running = jobWith({
  state: 'IN_PROGRESS',
  owner: 'A',
  attempt: 2,
  startedAt: sunday - 5_000,
  leaseUntil: sunday + 60_000,
})

function endOf(changes: Partial<Job>) {
  const [change] = changesOf(running, { ...running, ...changes })
  if (change === undefined) throw new Error('no change')
  return endedRunOf(change)
}

describe('the end of a run', () => {
  it.each([
    ['completed', { state: 'COMPLETED', finishedAt: sunday - 1_000 }, 4_000],
    ['failed', { state: 'FAILED', finishedAt: sunday - 1_000 }, 4_000],
    ['cancelled', { state: 'CANCELLED', finishedAt: sunday - 2_000 }, 3_000],
    ['retried', { state: 'RETRY', leaseUntil: sunday - 500 }, 4_500],
    ['retried', { state: 'RETRY' }, 5_000],
    ['snoozed', { state: 'RETRY', snoozes: 1 }, 5_000],
    ['crashed', { state: 'RESERVED', crashes: 1 }, undefined],
    ['crashed', { owner: 'B', crashes: 1 }, undefined],
    ['crashed', { state: 'FAILED', crashes: 1, finishedAt: sunday }, undefined],
    ['edited', { state: 'AVAILABLE' }, undefined],
    ['edited', { state: 'BLOCKED' as Job['state'] }, undefined],
  ] as const)('%s by %j', (outcome, changes, runMs) => {
    expect(endOf(changes)).toMatchObject({ outcome, ...(runMs === undefined ? {} : { runMs }) })
    expect(endOf(changes)?.runMs).toBe(runMs)
  })

  it('is none where the run goes on, or where none was', () => {
    expect(endOf({ progress: 50 })).toBeUndefined()
    expect(changesOf(jobWith(), jobWith({ state: 'CANCELLED' })).map(endedRunOf)).toEqual([undefined])
  })

  it('is seen of a job that is deleted as it runs', () => {
    expect(changesOf(running, undefined).map(change => endedRunOf(change)?.outcome)).toEqual(['edited'])
  })

  it('is a failure also where it counts anew, and says the very same as the one before', () => {
    const thrown = { name: 'Error', message: 'no' }
    const again = { dueAt: sunday + 5_000, via: 'kept' } as const
    const failedIn = (job: Job): Job => {
      const held = { job, owner: 'A', policy: defaultPolicy, now: sunday }
      return jobAfter(retryIfOwner(held, again, thrown, 1), job)
    }
    const outcomeOf = (before: Job) =>
      changesOf(before, failedIn(before)).map(change => {
        const ended = endedRunOf(change)
        return [ended?.outcome, JSON.parse(change.after?.error ?? '{}') as unknown]
      })
    // It failed in its first run, and gets on in each later one before it fails again.
    const second = { ...running, attempt: 2, attemptsLeft: 3, error: JSON.stringify(thrown) }
    expect(outcomeOf(second)).toEqual([['retried', { ...thrown, run: 2 }]])
    const third = { ...running, attempt: 3, attemptsLeft: 3, snoozes: 1, error: failedIn(second).error ?? '' }
    expect(outcomeOf(third)).toEqual([['retried', thrown]])
  })

  it('never lies before its start', () => {
    expect(endOf({ state: 'COMPLETED', finishedAt: sunday - 60_000 })?.runMs).toBe(0)
  })
})

it('a start is a new owner', () => {
  const versions = [jobWith(), running, { ...running, progress: 1 }, { ...running, owner: 'B' }]
  expect(changesOf(...versions).map(isStart)).toEqual([true, false, true])
})

it('a state is entered again by a new generation', () => {
  const failed = jobWith({ state: 'FAILED' })
  const versions = [undefined, failed, { ...failed, ttl: 1 }, { ...failed, generation: 2 }, undefined]
  expect(changesOf(...versions).map(enteredState)).toEqual(['FAILED', undefined, 'FAILED', undefined])
})

it('names of strangers count under one name', () => {
  expect(countedName('send-mail')).toBe('send-mail')
  expect([countedName(''), countedName('x'.repeat(65)), countedName('\ud800')]).toEqual(['~', '~', '~'])
  expect([countedState('RETRY'), countedState('BLOCKED')]).toEqual(['RETRY', '~'])
})

it('an item that was never adopted has a life, too', () => {
  const { life: _, ...foreign } = jobWith()
  expect(lifeOf(foreign)).toEqual({ id: 'job-1', life: '-' })
})

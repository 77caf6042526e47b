import { describe, expect, it } from 'vitest'
import {
  countedName,
  countedState,
  endedRunOf,
  enteredState,
  isStart,
} from '../../../../lib/core/history/job-change.ts'
import { type Job, lifeOf } from '../../../../lib/core/job/job.ts'
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

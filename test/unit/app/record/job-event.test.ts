import { expect, it } from 'vitest'
import { jobEventOf } from '../../../../lib/app/record/publish-events.ts'
import type { Job } from '../../../../lib/core/job/job.ts'
import { changesOf, jobWith, sunday } from '../../../support/job-changes.ts'

const running = jobWith({ state: 'IN_PROGRESS', owner: 'A', attempt: 2, notify: '{"order":7}' })

function eventOf(before: Partial<Job>, after: Partial<Job>) {
  const [change] = changesOf({ ...running, ...before }, { ...running, ...after })
  return change === undefined ? undefined : jobEventOf(change)
}

it.each([
  ['completed', { state: 'COMPLETED' }],
  ['failed', { state: 'FAILED' }],
  ['cancelled', { state: 'CANCELLED' }],
  ['retry', { state: 'RETRY' }],
] as const)('%s', (kind, after) => {
  expect(eventOf({}, after)).toMatchObject({
    entity: 'job',
    kind,
    eventId: `job-1#k3J9aQ#1#2#${kind}`,
    at: sunday,
    notify: '{"order":7}',
  })
})

it('says of a retry when it is due, and why', () => {
  const error = JSON.stringify({ name: 'Oops', message: 'x'.repeat(2_000) })
  const event = eventOf({}, { state: 'RETRY', scheduledAt: sunday + 9_000, leaseUntil: sunday - 1_000, error })
  expect(event).toMatchObject({ kind: 'retry', retryInMs: 10_000 })
  expect(event?.error).toHaveLength(1_000)
})

it('says nothing of a snooze, of a crash that goes on, of a change of no state, or of a deletion', () => {
  expect(eventOf({}, { state: 'RETRY', snoozes: 1 })).toBeUndefined()
  expect(eventOf({}, { state: 'RESERVED', crashes: 1 })).toBeUndefined()
  expect(eventOf({ state: 'FAILED' }, { state: 'FAILED', ttl: 5 })).toBeUndefined()
  expect(changesOf(running, undefined).map(jobEventOf)).toEqual([undefined])
})

it('names the end of another generation differently', () => {
  expect(eventOf({ state: 'RESERVED' }, { state: 'CANCELLED', generation: 2 })?.eventId).toBe(
    'job-1#k3J9aQ#2#2#cancelled',
  )
})

it('says for whom the job ran, where it ran for somebody', () => {
  expect(eventOf({}, { state: 'COMPLETED', tenant: 'a42' })).toMatchObject({ tenant: 'a42' })
  expect(eventOf({}, { state: 'COMPLETED' })).not.toHaveProperty('tenant')
})

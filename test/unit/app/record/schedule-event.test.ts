import { describe, expect, it } from 'vitest'
import { scheduleEventOf } from '../../../../lib/app/record/publish-events.ts'
import { recordBatch } from '../../../../lib/app/record/record-batch.ts'
import type { Job } from '../../../../lib/core/job/job.ts'
import { changesOf, jobWith, sunday } from '../../../support/job-changes.ts'
import { recording } from '../../../support/recording.ts'

const made = { schedule: 'nightly', occurrence: sunday } as const
const one = (before: Job | undefined, after: Job | undefined) => changesOf(before, after).map(scheduleEventOf)[0]

const fired = {
  entity: 'schedule',
  kind: 'fired',
  schedule: 'nightly',
  eventId: 'job-1#k3J9aQ#1#fired',
  detail: { job: 'job-1', occurrence: new Date(sunday).toISOString() },
}

describe('the job of an occurrence', () => {
  it('is new: fired', () => {
    expect(one(undefined, jobWith(made))).toMatchObject(fired)
  })

  it('comes again after it was taken back: fired, under another id', () => {
    const back = one(
      jobWith({ ...made, state: 'CANCELLED', code: 'schedule' }),
      jobWith({ ...made, state: 'RESERVED', generation: 2 }),
    )
    expect(back).toMatchObject({ kind: 'fired', eventId: 'job-1#k3J9aQ#2#fired' })
  })

  it('does not run because the one before does: skipped', () => {
    const skipped = one(
      jobWith({ ...made, state: 'IN_PROGRESS' }),
      jobWith({ ...made, state: 'CANCELLED', code: 'overlap' }),
    )
    expect(skipped).toMatchObject({ ...fired, kind: 'skipped', eventId: 'job-1#k3J9aQ#1#skipped' })
  })

  it.each([
    ['starts', jobWith(made), jobWith({ ...made, state: 'IN_PROGRESS' })],
    ['is cancelled', jobWith(made), jobWith({ ...made, state: 'CANCELLED' })],
    [
      'is retried by hand',
      jobWith({ ...made, state: 'FAILED' }),
      jobWith({ ...made, state: 'RESERVED', generation: 2 }),
    ],
    ['is deleted', jobWith(made), undefined],
    ['was made by nobody’s schedule', undefined, jobWith()],
  ])('says nothing when it %s', (_, before, after) => {
    expect(one(before, after)).toBeUndefined()
  })

  it('says what a foreign writer put in the place of its time', () => {
    expect(one(undefined, jobWith({ ...made, occurrence: 1e300 }))?.detail).toMatchObject({ occurrence: 1e300 })
  })
})

it('goes to the bus, or waits in the outbox, beside the event of the job itself', async () => {
  const world = recording()
  const changes = changesOf(
    jobWith({ ...made, state: 'IN_PROGRESS' }),
    jobWith({ ...made, state: 'CANCELLED', code: 'overlap' }),
  )
  await recordBatch(world.deps, { shard: 's', changes })
  expect(world.published.map(({ entity, kind }) => `${entity} ${kind}`)).toEqual(['job cancelled', 'schedule skipped'])
})

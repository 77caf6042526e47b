/**
 * Two releases work on one table: during each deploy, and after a roll-back. What the newer one wrote is neither run,
 * ended nor repaired by this one; what this one wrote, an older one could read.
 */
import { describe, expect, it } from 'vitest'
import { reconcile } from '../../lib/app/sweeper/reconcile.ts'
import { resendAll } from '../../lib/app/sweeper/resend-all.ts'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { type Item, toItem } from '../../lib/aws/dynamodb/item.ts'
import { type Job, type JobState, jobStates, type RawJob } from '../../lib/core/job/job.ts'
import { sample } from '../contract/conformance/sample.ts'
import { runnerWith } from '../support/jobs.ts'

const hour = 3_600_000

/** Attributes of a release that does not exist yet. */
const unknownAttributes: Item = { later: { S: 'a#1#children#0' }, tenant: { S: 'acme' }, context: { M: {} } }

const later: readonly (readonly [string, RawJob])[] = [
  ['an item of the next format', { fmt: 2 }],
  ['an item of another state', { state: 'BLOCKED' as JobState }],
  ['an item in a state nobody has thought of', { state: 'PAUSED' as JobState }],
]

describe.each(later)('%s', (_, changes) => {
  it.each(jobStates)('put as %s is neither run, ended nor repaired', async state => {
    const { test, starts } = runnerWith(() => undefined)
    const now = test.clock.now()
    const times = { scheduledAt: now - 2 * hour, insertedAt: now - 2 * hour, lookAt: now - 2 * hour }
    const held =
      state === 'IN_PROGRESS' ? { leaseUntil: now - hour, attemptsLeft: 0, cancelRequestedAt: now - hour } : {}
    const item = {
      ...sample(state, { type: 'work', ...times, ...held }),
      id: 'later',
      ...changes,
      ...unknownAttributes,
    }
    const lost = { ...item, id: 'lost', lane: undefined, lookAt: undefined } as unknown as RawJob
    test.store.putItem({ ...toItem(item), ...unknownAttributes })
    test.store.putItem({ ...toItem(lost), ...unknownAttributes })
    const before = test.store.allItems()
    await startAvailable(test.deps, [test.store.read('later') as Job, test.store.read('lost') as Job])
    await test.advance('3h')
    await resendAll(test.deps)
    expect(await reconcile({ ...test.deps, scanner: test.store }, test.clock.now() + hour)).toMatchObject({
      adopted: 0,
      forgotten: 0,
      setAside: 0,
    })
    const why = 'a later release of Lamplighter wrote the job; use that one'
    const refused = { kind: 'notPossible', state: item.state, why, possible: [] }
    expect(await test.cancel('later')).toEqual(refused)
    expect(await test.runNow('later')).toEqual(refused)
    expect(await test.requeue('later')).toEqual(refused)
    expect(await test.delete('later')).toEqual(refused)
    expect(test.store.allItems()).toEqual(before)
    expect(starts).toHaveLength(0)
    expect(test.events.filter(({ name }) => name === 'job_set_aside')).toEqual([])
  })
})

describe('an item with attributes that bind nothing', () => {
  it('runs, and keeps what this release does not know', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '2h' })
    test.store.putItem({ ...toItem(test.store.read(id) as Job), ...unknownAttributes })
    await test.drain()
    expect(starts).toHaveLength(1)
    expect(test.store.allItems()[0]).toMatchObject({ state: { S: 'COMPLETED' }, ...unknownAttributes })
  })
})

describe('what this release writes', () => {
  it('carries no format number and none of the attributes that a later release gives a meaning', async () => {
    const { test, work } = runnerWith(() => undefined)
    await test.enqueue(work, { n: 1 })
    await test.drain()
    for (const name of ['fmt', 'parent', 'endBy', 'batch']) expect(test.store.allItems()[0]).not.toHaveProperty(name)
  })
})

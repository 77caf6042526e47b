import { describe, expect, it } from 'vitest'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import type { Job } from '../../lib/core/job/job.ts'
import type { TestRunner } from '../../lib/testing.ts'
import { crashAfterStart } from '../support/crashed.ts'
import { runnerWith } from '../support/jobs.ts'

/** What the simulation found: an operator's act moved an edited job's time into the lease of the run that was going on. */
describe('a job that was edited to AVAILABLE while it ran starts again only when that lease is over (I2)', () => {
  const acts: Readonly<Record<string, (test: TestRunner, id: string) => Promise<unknown>>> = {
    'run now': (test, id) => test.runNow(id),
    reschedule: (test, id) => test.reschedule(id, { delay: '1s' }),
    'run now, twice': async (test, id) => [await test.runNow(id), await test.runNow(id)],
    'cancel, then requeue': async (test, id) => [await test.cancel(id), await test.requeue(id)],
  }
  for (const isAdopted of [false, true]) {
    it.each(Object.keys(acts))(`%s (the dispatcher has been there: ${isAdopted})`, async name => {
      const { test, work, starts } = runnerWith(() => undefined)
      const { id } = await test.enqueue(work, { n: 1 })
      await crashAfterStart(test)
      const { leaseUntil = Number.POSITIVE_INFINITY } = test.store.read(id) as Job
      test.store.put({ ...(test.store.read(id) as Job), state: 'AVAILABLE' })
      if (isAdopted) await startAvailable(test.deps, [test.store.read(id) as Job])
      await acts[name]?.(test, id)
      await test.drain()
      expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
      expect(starts).toHaveLength(1)
      expect(starts[0]).toBeGreaterThanOrEqual(leaseUntil)
      expect(starts[0]).toBeLessThanOrEqual(leaseUntil + 2_000)
    })
  }
})

describe('a run that wrote its own outcome holds nobody up', () => {
  it.each(['completes', 'fails for good', 'is cancelled', 'is tried again, and cancelled then'])(
    'a job that %s and is requeued starts at once',
    async how => {
      const { test, work, starts } = runnerWith(
        async (_, ctx) => {
          if (how === 'is cancelled') await test.clock.sleep(30_000, ctx.signal)
          if (how !== 'completes') throw new Error(how)
        },
        { maxAttempts: how === 'fails for good' ? 1 : 3 },
      )
      const { id } = await test.enqueue(work, { n: 1 })
      await test.settle()
      if (how.includes('cancelled')) await test.cancel(id)
      await test.advance('11s')
      const requeuedAt = test.clock.now()
      expect(await test.requeue(id)).toEqual({ kind: 'placed', state: 'RESERVED' })
      await test.settle()
      expect(starts.at(-1)).toBe(requeuedAt)
    },
  )
})

/** A queue with a window on the engines: what a job costs while there is room, and one that had to wait. */
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enqueueMany } from '../../../lib/app/enqueue/enqueue.ts'
import { tick } from '../../../lib/app/sweeper/tick.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { type Engines, startTicked } from '../../support/engines.ts'
import { pump } from '../../support/pump.ts'

const mail = defineJob({ type: 'mail', input: v.object({ n: v.number() }) })
const runner = defineRunner({ jobs: [mail], queues: { default: { window: 10 } } })
const handlers = [handle(mail, async () => {})]

let engines: Engines
beforeAll(async () => {
  engines = await startTicked(runner)
})
afterAll(() => engines.stop())

/** Enqueues so many at once, runs them all, and answers what was written for them; of a delay, also by the tick. */
async function unitsFor(count: number, delay?: '10m'): Promise<number> {
  let aheadMs = 0
  const deps = engines.deps(runner, () => aheadMs)
  engines.dynamo.reset()
  engines.events.length = 0
  const options = delay === undefined ? {} : { delay }
  const outcomes = await enqueueMany(
    deps,
    Array.from({ length: count }, (_, n) => ({ type: 'mail', input: { n }, ...options })),
  )
  if (delay !== undefined) {
    aheadMs = 601_000
    await tick(deps, deps.clock.now() + 60_000)
  }
  const completed = () => engines.events.filter(({ name }) => name === 'job_completed').length
  const url = engines.names.queues['default'] ?? ''
  for (let rounds = 0; completed() < count && rounds < 60; rounds += 1) await pump(deps, handlers, 'default', url, 1)
  expect([outcomes.filter(({ kind }) => kind === 'enqueued').length, completed()]).toEqual([count, count])
  const { table, index } = engines.dynamo.writeUnits
  return table + index
}

describe('write units of a job in a queue with a window', () => {
  it('while there is room: exactly 5', async () => {
    expect(await unitsFor(10)).toBe(50)
  })

  it('that becomes due: 8 while there is room, and 13 where it has to wait', { timeout: 60_000 }, async () => {
    // The tick itself writes a few records.
    const few = (await unitsFor(5, '10m')) - 5 * 8
    expect(few).toBeGreaterThanOrEqual(0)
    expect(few).toBeLessThanOrEqual(6)
    const units = (await unitsFor(110, '10m')) - (10 * 8 + 100 * 13)
    expect(units).toBeGreaterThanOrEqual(2)
    expect(units).toBeLessThanOrEqual(16)
  })

  it('that had to wait: 10, and a few for the line as a whole', { timeout: 60_000 }, async () => {
    const units = (await unitsFor(110)) - (10 * 5 + 100 * 10)
    // The note that the queue is behind comes and goes. A worker that others outrun is refused now and then.
    expect(units).toBeGreaterThanOrEqual(2)
    expect(units).toBeLessThanOrEqual(10)
  })
})

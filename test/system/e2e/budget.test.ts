/** The budgets of a job, counted on the wire between the real clients and the engines. */
import * as v from 'valibot'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enqueue } from '../../../lib/app/enqueue/enqueue.ts'
import { tick } from '../../../lib/app/sweeper/tick.ts'
import { clientOn } from '../../../lib/client/client.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { type Engines, startTicked } from '../../support/engines.ts'
import { pump } from '../../support/pump.ts'

/** The sample job: 450 B of input as JSON, a result of 64 B, an error of 96 B. */
const input = { note: 'x'.repeat(450 - '{"note":""}'.length) }
const result = 'r'.repeat(62)
const sample = defineJob({
  type: 'send-welcome-mail',
  input: v.object({ note: v.string() }),
  backoff: { kind: 'fixed', delay: '1s' },
})
const runner = defineRunner({ jobs: [sample] })
const failOnce = new Set<string>()
const handlers = [
  handle(sample, (_, ctx) => {
    if (failOnce.delete(ctx.job.id)) throw new Error('e'.repeat(200))
    return result
  }),
]

let engines: Engines
beforeAll(async () => {
  engines = await startTicked(runner)
})
afterAll(() => engines.stop())
beforeEach(() => {
  engines.dynamo.reset()
  engines.sqs.reset()
})

const run = (deps: ReturnType<Engines['deps']>) =>
  pump(deps, handlers, 'default', engines.names.queues['default'] ?? '')
const units = () => engines.dynamo.writeUnits.table + engines.dynamo.writeUnits.index
const sum = (counts: Map<string, number>) => [...counts.values()].reduce((total, count) => total + count, 0)

/** It writes how it went, once a minute: no job pays for it. */
const unitsOfTick = 1

describe('write units of the sample job', () => {
  it('immediate: exactly 5', async () => {
    const deps = engines.deps(runner)
    const { id } = await enqueue(deps, { type: sample.type, input })
    expect(await run(deps)).toBe(1)
    expect(engines.dynamo.writeUnits).toEqual({ table: 3, index: 2 })
    expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'COMPLETED' })
  })

  it.each([
    [5, 11],
    [50, 56],
  ])('with an input of %i KB: at most %i', async (kilobytes, most) => {
    const deps = engines.deps(runner)
    const note = 'x'.repeat(kilobytes * 1_024 - '{"note":""}'.length)
    const { id } = await enqueue(deps, { type: sample.type, input: { note } })
    expect(await run(deps)).toBe(1)
    expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'COMPLETED' })
    expect(units()).toBeGreaterThan(5 + kilobytes)
    expect(units()).toBeLessThanOrEqual(most)
  })

  it('scheduled far ahead: exactly 8', async () => {
    let aheadMs = 0
    const deps = engines.deps(runner, () => aheadMs)
    const { id } = await enqueue(deps, { type: sample.type, input, delay: '20m' })
    aheadMs = 1_200_000
    await tick(deps, deps.clock.now() + 60_000)
    expect(await run(deps)).toBe(1)
    expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'COMPLETED' })
    expect(units()).toBe(8 + unitsOfTick)
  })

  it('of a tick, however many jobs it finds: exactly 1', async () => {
    const deps = engines.deps(runner)
    await tick(deps, deps.clock.now() + 60_000)
    expect(units()).toBe(unitsOfTick)
  })

  it('one short retry: exactly 7', async () => {
    const deps = engines.deps(runner)
    const { id } = await enqueue(deps, { type: sample.type, input })
    failOnce.add(id)
    expect(await run(deps)).toBe(1)
    expect(await run(deps)).toBe(1)
    expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'COMPLETED', attempt: 2 })
    expect(units()).toBe(7)
  })
})

it('requests per job, from enqueueMany to the deleted message, in full batches of ten: at most 0.55', async () => {
  const deps = engines.deps(runner)
  const client = clientOn(deps, engines.names)
  const jobs = 100
  const outcomes = await client.enqueueMany(Array.from({ length: jobs }, () => client.job(sample, input)))
  expect(outcomes.filter(({ kind }) => kind === 'enqueued')).toHaveLength(jobs)
  let done = 0
  while (done < jobs) done += await run(deps)
  const perJob = (sum(engines.dynamo.requests) + sum(engines.sqs.requests)) / jobs
  const shown = [...engines.dynamo.requests, ...engines.sqs.requests].map(([name, count]) => `${name} ${count}`)
  console.log(`requests for ${jobs} jobs: ${shown.join(', ')}; ${perJob} per job`)
  expect(perJob).toBeLessThanOrEqual(0.55)
  expect(units()).toBe(5 * jobs)
})

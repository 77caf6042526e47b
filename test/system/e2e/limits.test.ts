/** Limits by key on the engines: what they cost, and that they hold when many workers compete. */
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enqueue, enqueueMany } from '../../../lib/app/enqueue/enqueue.ts'
import { pump as handOn } from '../../../lib/app/gates/pump.ts'
import { tick } from '../../../lib/app/sweeper/tick.ts'
import { freeIfSeen, newGate } from '../../../lib/core/records/gate.ts'
import { gateKey } from '../../../lib/core/records/keys.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { type Engines, startTicked } from '../../support/engines.ts'
import { pump } from '../../support/pump.ts'

interface Input {
  readonly tenant: string
  readonly ms?: number
}

const input = v.object({ tenant: v.string(), ms: v.optional(v.number()) }) as never
const limited = (type: string, concurrency: number) =>
  defineJob({ type, input, limit: { key: ({ tenant }: Input) => tenant, concurrency } })
const single = limited('single', 1)
const triple = limited('triple', 3)
const runner = defineRunner({ jobs: [single, triple] })

const running = new Map<string, number>()
const most = new Map<string, number>()
const work = async ({ tenant, ms = 1 }: Input) => {
  const now = (running.get(tenant) ?? 0) + 1
  running.set(tenant, now)
  most.set(tenant, Math.max(most.get(tenant) ?? 0, now))
  await new Promise(resolve => setTimeout(resolve, ms))
  running.set(tenant, (running.get(tenant) ?? 1) - 1)
}
const handlers = [handle(single, work as never), handle(triple, work as never)]

let engines: Engines
beforeAll(async () => {
  engines = await startTicked(runner)
})
afterAll(() => engines.stop())

const run = (deps: ReturnType<Engines['deps']>, waitSeconds = 2) =>
  pump(deps, handlers, 'default', engines.names.queues['default'] ?? '', waitSeconds)
const units = () => {
  const { table, index } = engines.dynamo.writeUnits
  engines.dynamo.reset()
  return table + index
}

const unitsOfTick = 1
/** The row by which the sweeper finds the gate: once for all who wait there at that time. */
const unitsOfRow = 2

describe('write units of a job with a limit', () => {
  it('whose key is not hot: exactly 7', async () => {
    const deps = engines.deps(runner)
    // The first makes the gate: DynamoDB bills its refused first try as well, which no answer shows.
    for (let n = 0; n < 2; n += 1) {
      units()
      const { id } = await enqueue(deps, { type: 'triple', input: { tenant: 'cold' } })
      expect(await run(deps)).toBe(1)
      expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'COMPLETED' })
      expect(units()).toBe(7)
    }
  })

  it('that had to wait: exactly 15, and 3 for each look', async () => {
    let aheadMs = 0
    const deps = engines.deps(runner, () => aheadMs)
    const until = deps.clock.now() + 86_400_000
    const holder = await enqueue(deps, { type: 'single', input: { tenant: 'hot' }, delay: '20h' })
    const permit = { by: 'held by a test', until }
    await deps.records.putIfAbsent([newGate('single/hot', deps.clock.now(), { jobId: holder.id, permit })])
    units()
    const { id } = await enqueue(deps, { type: 'single', input: { tenant: 'hot' } })
    expect(await run(deps)).toBe(1)
    expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'AVAILABLE', gate: 'single/hot' })
    const parked = units()
    for (const waitedMs of [200_000, 3_900_000]) {
      aheadMs = waitedMs
      await tick(deps, deps.clock.now() + 60_000)
      expect(units()).toBe(3 + unitsOfTick)
    }
    await deps.records.update([{ key: gateKey('single/hot'), change: freeIfSeen(holder.id, permit) }])
    units()
    expect(await handOn(deps, 'single/hot')).toBe(1)
    expect(await run(deps)).toBe(1)
    expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'COMPLETED', attempt: 1 })
    // Its first try for a place was refused: a unit that DynamoDB bills, and no answer shows.
    expect(1 + parked + units()).toBe(15 + unitsOfRow)
  })
})

it('50 tenants with a limit of 3: never 4 at once, and every job runs', { timeout: 120_000 }, async () => {
  const deps = engines.deps(runner)
  await drained(deps)
  most.clear()
  const tenants = Array.from({ length: 50 }, (_, index) => `t${index}`)
  const jobs = tenants.flatMap(tenant =>
    Array.from({ length: 5 }, () => ({ type: 'triple', input: { tenant, ms: 100 } })),
  )
  await enqueueMany(deps, jobs)
  engines.events.length = 0
  const completed = () => engines.events.filter(({ name }) => name === 'job_completed').length
  const endAt = Date.now() + 100_000
  const worker = async () => {
    while (completed() < jobs.length && Date.now() < endAt) await run(deps, 1).catch(goOn)
  }
  const ticks = async () => {
    while (completed() < jobs.length && Date.now() < endAt) {
      await new Promise(resolve => setTimeout(resolve, 5_000))
      await tick(deps, deps.clock.now() + 60_000).catch(goOn)
    }
  }
  await Promise.all([...Array.from({ length: 10 }, worker), ticks()])
  expect(completed()).toBe(jobs.length)
  expect(engines.events.some(({ name }) => name === 'job_parked')).toBe(true)
  expect(Math.max(...most.values())).toBe(3)
})

/** A busy machine may not answer in time; Lambda would call again. */
const goOn = () => {}

async function drained(deps: ReturnType<Engines['deps']>): Promise<void> {
  while ((await run(deps, 0)) > 0) {
    // What the tests before have left.
  }
}

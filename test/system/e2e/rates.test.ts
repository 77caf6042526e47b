/** Rates on the engines: what they cost, and that each job starts in a slot of its own when many workers compete. */
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enqueue, enqueueMany } from '../../../lib/app/enqueue/enqueue.ts'
import { tick } from '../../../lib/app/sweeper/tick.ts'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { type Engines, startTicked } from '../../support/engines.ts'
import { pump } from '../../support/pump.ts'

interface Input {
  readonly tenant: string
}

const input = v.object({ tenant: v.string() }) as never
const key = ({ tenant }: Input): string => tenant
const slow = defineJob({ type: 'slow', input, limit: { key, rate: { count: 1, per: '2s' } } })
const slowest = defineJob({ type: 'slowest', input, limit: { key, rate: { count: 1, per: '1h' } } })
const fast = defineJob({ type: 'fast', input, limit: { key, rate: { count: 10, per: '1s' } } })
const runner = defineRunner({ jobs: [slow, slowest, fast] })

/** Job → when its handler was called. */
const started = new Map<string, number>()
const handlers = [slow, slowest, fast].map(contract =>
  handle(contract, async (_: unknown, { job: { id } }: RunContext) => void started.set(id, Date.now())),
)

let engines: Engines
beforeAll(async () => {
  engines = await startTicked(runner)
})
afterAll(() => engines.stop())

type Deps = ReturnType<Engines['deps']>
const run = (deps: Deps, waitSeconds = 2) =>
  pump(deps, handlers, 'default', engines.names.queues['default'] ?? '', waitSeconds)
const units = () => {
  const { table, index } = engines.dynamo.writeUnits
  engines.dynamo.reset()
  return table + index
}
const stateOf = async (deps: Deps, id: string) => (await deps.store.get([id]))[0]?.state
const enqueued = async (deps: Deps, type: string) => (await enqueue(deps, { type, input: { tenant: 'a' } })).id

/** A try for a slot that was refused: DynamoDB bills it, and no answer shows it. */
const refusedTry = 1

describe('write units of a job with a rate', () => {
  it('that starts now: exactly 6; one that is booked: 8', { timeout: 30_000 }, async () => {
    const deps = engines.deps(runner)
    units()
    const first = await enqueued(deps, 'slow')
    await run(deps)
    expect(await stateOf(deps, first)).toBe('COMPLETED')
    expect(units()).toBe(6)
    const second = await enqueued(deps, 'slow')
    await run(deps)
    const booked = (await deps.store.get([second]))[0]
    expect(booked).toMatchObject({ state: 'RESERVED', pass: 1, gate: 'slow/a', attempt: 0 })
    while ((await run(deps)) === 0) {
      // Hidden until its slot.
    }
    expect(await stateOf(deps, second)).toBe('COMPLETED')
    const lateMs = (started.get(second) ?? 0) - (booked?.scheduledAt ?? 0)
    expect(lateMs).toBeGreaterThanOrEqual(-1)
    expect(lateMs).toBeLessThan(1_100)
    expect(units() + refusedTry).toBe(8)
  })

  it('that waits in line: 12, and 1 for the slots of up to 200; the row of the gate, and 3 for each look', async () => {
    let aheadMs = 0
    const deps = engines.deps(runner, () => aheadMs)
    await enqueued(deps, 'slowest')
    await run(deps)
    units()
    const id = await enqueued(deps, 'slowest')
    await run(deps)
    expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'AVAILABLE', gate: 'slowest/a', pass: 0 })
    aheadMs = 200_000
    await tick(deps, deps.clock.now() + 60_000)
    const [row, tickItself, look] = [2, 1, 3]
    expect(await stateOf(deps, id)).toBe('AVAILABLE')
    const waiting = units() - row - tickItself - look
    aheadMs = 3_601_000
    await tick(deps, deps.clock.now() + 60_000)
    expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'RESERVED', pass: 2 })
    await run(deps)
    expect(await stateOf(deps, id)).toBe('COMPLETED')
    const slots = 1
    // The row goes as it came: the gate has no line any more.
    expect(refusedTry + waiting + units() - slots - tickItself - row).toBe(12)
  })
})

it('10 a second, 100 jobs: no window of slots over the limit, and starts in their slots', {
  timeout: 120_000,
}, async () => {
  const deps = engines.deps(runner)
  started.clear()
  engines.events.length = 0
  const jobs = Array.from({ length: 100 }, () => ({ type: 'fast', input: { tenant: 'a' } }))
  const outcomes = await enqueueMany(deps, jobs)
  const endAt = Date.now() + 100_000
  const worker = async () => {
    while (started.size < 100 && Date.now() < endAt) await run(deps, 1).catch(() => 0)
  }
  await Promise.all(Array.from({ length: 4 }, worker))
  expect(started.size).toBe(100)
  const ids = outcomes.flatMap(outcome => (outcome.kind === 'enqueued' ? [outcome.id] : []))
  const items = await deps.store.get(ids)
  const booked = new Set(engines.events.flatMap(event => (event.name === 'job_booked' ? [event.id] : [])))
  expect(booked.size).toBeGreaterThan(50)
  const slots = items.map((job, index) => {
    const { scheduledAt = 0, startedAt = 0 } = job ?? {}
    // Without a booking: the instant of the start, or the one that its run waited for.
    const slot = booked.has(ids[index] ?? '') ? scheduledAt : Math.max(scheduledAt, startedAt)
    return { slot, lateMs: (started.get(ids[index] ?? '') ?? 0) - slot }
  })
  const sorted = slots.map(({ slot }) => slot).toSorted((a, b) => a - b)
  for (const [first, from] of sorted.entries()) {
    for (let last = first; last < sorted.length; last += 1) {
      const windowMs = (sorted[last] ?? 0) - from
      expect(last - first + 1).toBeLessThanOrEqual(1 + (windowMs + 1) / 100)
    }
  }
  const late = slots.map(({ lateMs }) => lateMs).toSorted((a, b) => a - b)
  // A timer of Node may be a millisecond early.
  expect(late[0]).toBeGreaterThanOrEqual(-1)
  // Half of them: on an idle machine 99 of 100, but tests share theirs.
  expect(late[50]).toBeLessThan(1_100)
})

/** Write units of steps, sleeps, waits and signals, as the embedded engine counts them. */
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendSignal } from '../../../../lib/app/workflow/signal.ts'
import { policyOf } from '../../../../lib/core/definition/runner.ts'
import type { Job } from '../../../../lib/core/job/job.ts'
import { type Cell, cellRecord } from '../../../../lib/core/records/cell.ts'
import { dispatchIfSeen } from '../../../../lib/core/transitions/dispatch.ts'
import { newJob } from '../../../../lib/core/transitions/enqueue.ts'
import { startIfDispatched } from '../../../../lib/core/transitions/start.ts'
import { suspendIfOwner } from '../../../../lib/core/transitions/suspend.ts'
import type { Transition } from '../../../../lib/core/transitions/transition.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import type { Deps } from '../../../../lib/ports/deps.ts'
import type { VirtualClock } from '../../../../lib/testing/virtual-clock.ts'
import { countedDeps } from '../../../support/deps-on.ts'

const order = defineJob({ type: 'order', input: v.object({ n: v.number() }) })
const runner = defineRunner({ jobs: [order] })
const policy = policyOf(runner, 'order')
const begin = Date.parse('2026-11-22T10:00:00.123Z')
const dayMs = 86_400_000
const owner = 'owner-of-a-run'

let engine: Awaited<ReturnType<typeof countedDeps>>
let deps: Deps
let clock: VirtualClock

beforeAll(async () => {
  engine = await countedDeps(runner, begin)
  deps = engine.deps
  clock = engine.clock
})
afterAll(() => engine.stop())

const units = (): number => engine.units()

async function jobOf(id: string): Promise<Job> {
  const [job] = await deps.store.get([id])
  if (job === undefined) throw new Error(`there is no job ${id}`)
  return job
}

async function changed(id: string, make: (job: Job, now: number) => Transition): Promise<void> {
  const transition = make(await jobOf(id), clock.now())
  expect(await deps.store.apply([{ id, transition }])).toMatchObject([{ kind: 'applied' }])
}

const started = (id: string): Promise<void> =>
  changed(id, (job, now) => startIfDispatched(job.fence, { now, owner, policy }, true))

/** A run of a job is under way; what it cost to get there is not counted. */
async function running(id: string): Promise<void> {
  const given = { id, type: 'order', queue: 'default', input: '{"n":1}', maxAttempts: 5, dueAt: clock.now() }
  await deps.store.insert([newJob(given, clock.now(), 'request', policy, 16)])
  await started(id)
  units()
}

async function put(id: string, cell: Omit<Cell, 'madeAt' | 'attempt'>): Promise<void> {
  const made = { ...cell, madeAt: clock.now(), attempt: 1 }
  const record = cellRecord(await jobOf(id), made, policy.keepFailedMs)
  expect(await deps.records.putIfAbsent([record])).toEqual([{ kind: 'put' }])
}

const suspended = (id: string, dueAt: number, isWaiting: boolean): Promise<void> =>
  changed(id, (job, now) => {
    const until = { dueAt, via: 'sweeper' } as const
    return suspendIfOwner({ job, owner, now, policy }, { until, isWaiting, wakes: job.wakes, hasProgressed: true })
  })

describe('write units', () => {
  it.each([
    ['of a few bytes', '"ch_1"', 1],
    ['of 700 bytes', JSON.stringify('x'.repeat(700)), 1],
    ['of nearly 5 KB', JSON.stringify('x'.repeat(4_900)), 5],
  ])('a step with a result %s', async (what, value, cost) => {
    const id = `step ${what}`
    await running(id)
    await put(id, { name: 'charge', kind: 'step', value })
    expect(units()).toBe(cost)
  })

  it('a long sleep: at most 8, the start of the next run included', async () => {
    await running('sleep')
    const dueAt = clock.now() + 14 * dayMs
    await put('sleep', { name: 'rest', kind: 'sleep', dueAt })
    await suspended('sleep', dueAt, false)
    await clock.advance(14 * dayMs)
    await changed('sleep', (job, now) => dispatchIfSeen(job, { now, request: 'again', policy }))
    await started('sleep')
    expect(units()).toBe(8)
  })

  it('a signal for a job that waits: at most 7, the start that it causes included; sent again, it changes nothing', async () => {
    await running('signal')
    const dueAt = clock.now() + 3 * dayMs
    await put('signal', { name: 'approved', kind: 'wait', dueAt })
    await suspended('signal', dueAt, true)
    expect(units()).toBe(4)
    expect(await sendSignal(deps, 'signal', 'approved', { by: 'ann' })).toEqual({ kind: 'sent' })
    await started('signal')
    expect(units()).toBe(7)
    expect(await sendSignal(deps, 'signal', 'approved', { by: 'bob' })).toEqual({ kind: 'already' })
  })
})

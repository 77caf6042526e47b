/** A glance: the usual seeds and the defects are lanes of their own (`npm run simulate`, `npm run simulate:defects`). */
import { expect, it } from 'vitest'
import { transitionCases } from '../contract/conformance/transition-cases.ts'
import { expectedCounts, windowCounts } from './coverage.ts'
import { crowdPlanFor } from './crowd.ts'
import { familyPlanFor, gatePlanFor, schedulePlanFor, windowPlanFor, workflowPlanFor, worldOf } from './directed.ts'
import { regressions } from './regressions.ts'
import { simulate } from './simulate.ts'
import { Sqs } from './sqs.ts'

it('twenty-five worlds, one of each kind: no invariant is broken', { timeout: 240_000 }, async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const { violations } = await simulate(worldOf(seed), new Map())
    expect({ seed, violations }).toEqual({ seed, violations: [] })
  }
})

it('two crowds: no queue suffers for the backlog of another', { timeout: 120_000 }, async () => {
  for (const seed of [1, 3]) {
    const { violations } = await simulate(crowdPlanFor(seed), new Map())
    expect({ seed, violations }).toEqual({ seed, violations: [] })
  }
})

it('schedules: on time, after three hours without a tick, and through deploys and roll-backs (I9)', {
  timeout: 180_000,
}, async () => {
  // 11: a job ran next to the one that a cancelled one had waited for.
  for (const seed of [2, 3, 4, 11]) {
    const { violations } = await simulate(schedulePlanFor(seed), new Map())
    expect({ seed, violations }).toEqual({ seed, violations: [] })
  }
})

it('workflows: through redeploys, longer than a run, booked late, and cancelled (I25, I26, I31)', {
  timeout: 180_000,
}, async () => {
  for (const seed of [1, 2, 4, 7]) {
    const { violations } = await simulate(workflowPlanFor(seed), new Map())
    expect({ seed, violations }).toEqual({ seed, violations: [] })
  }
})

it('limits: unique jobs at gates, and a queue with a rate, in chaos and in calm (I22, I23, I24)', {
  timeout: 120_000,
}, async () => {
  for (const seed of [4, 11, 21]) {
    const { violations } = await simulate(gatePlanFor(seed), new Map())
    expect({ seed, violations }).toEqual({ seed, violations: [] })
  }
})

it('queues with a window: in chaos, and in calm without a sweeper (I23, I37)', { timeout: 120_000 }, async () => {
  for (const seed of [2, 4, 15]) {
    const { violations } = await simulate(windowPlanFor(seed), new Map())
    expect({ seed, violations }).toEqual({ seed, violations: [] })
  }
})

it('families and batches: what waits for others goes on when all have ended, and soon where nothing goes wrong (I28)', {
  timeout: 120_000,
}, async () => {
  for (const seed of [1, 4, 9, 14]) {
    const { violations } = await simulate(familyPlanFor(seed), new Map())
    expect({ seed, violations }).toEqual({ seed, violations: [] })
  }
})

it('what was broken once stays mended', async () => {
  for (const plan of regressions()) {
    const { violations } = await simulate(plan, new Map())
    expect({ seed: plan.seed, violations }).toEqual({ seed: plan.seed, violations: [] })
  }
})

it('the same seed gives the same trace to the last line, another seed another (I20)', async () => {
  const hashes: string[] = []
  for (const seed of [77, 78]) {
    const first = await simulate(worldOf(seed), new Map())
    const again = await simulate(worldOf(seed), new Map())
    expect(again.traceHash).toBe(first.traceHash)
    expect(again.lastLines).toEqual(first.lastLines)
    hashes.push(first.traceHash)
  }
  expect(hashes[0]).not.toBe(hashes[1])
})

it('at the quota of messages in flight a receive gets nothing, and a delayed message is not in flight', () => {
  let now = 0
  const queues = new Sqs({ now: () => now, inFlightQuota: 2, retentionMs: 4 * 86_400_000, count: () => {} })
  for (const body of ['a', 'b', 'c']) queues.put('default', body)
  queues.put('default', 'delayed', 60_000)
  expect(queues.receive('default', 10, 30_000).map(({ body }) => body)).toEqual(['a', 'b'])
  expect(queues.receive('default', 10, 30_000)).toEqual([])
  expect(queues.nextVisibleAt('default')).toBe(30_000)
  now = 30_000
  expect(queues.receive('default', 10, 30_000).map(({ body }) => body)).toEqual(['a', 'b'])
  now = 4 * 86_400_000
  expect(queues.receive('default', 10, 30_000)).toEqual([])
})

it('counts every transition that there is', () => {
  const names = new Set(transitionCases.map(({ name }) => name))
  // The other form of startIfDispatched: one case there, two names here.
  names.add('startIfDispatchedMovingAt')
  // Usual worlds have no windows.
  const all = [...expectedCounts, ...windowCounts]
  const counted = new Set(all.flatMap(name => (name.startsWith('write ') ? [name.slice(6)] : [])))
  counted.delete('insert')
  expect([...counted].toSorted()).toEqual([...names].toSorted())
})

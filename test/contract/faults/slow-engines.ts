/** Engines that answer later than the clients wait (3 s), and a clock that goes on meanwhile. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StartDynamo } from '../../support/engines.ts'
import type { Fault, Way } from '../../support/fault-proxy.ts'
import { FaultKit } from './fault-kit.ts'

/** Longer than lib/aws/connect.ts waits for an answer. */
const late = (way: Way): Fault => ({ kind: 'delay', way, delayMs: 3_200 })
const insert = /INSERT INTO/
const start = /= attempt \+/
const completion = /"S":"COMPLETED"/

export function describeSlowEngines(name: string, startDynamo: StartDynamo): void {
  describe(`slow engines on ${name}`, () => {
    let kit: FaultKit
    beforeAll(async () => {
      kit = await FaultKit.start(startDynamo)
    })
    afterAll(() => kit.stop())
    beforeEach(() => kit.reset())

    const { dynamo, sqs } = {
      dynamo: () => kit.engines.faults.dynamo,
      sqs: () => kit.engines.faults.sqs,
    }
    const idle = () => Promise.all([dynamo().idle(), sqs().idle()])

    it('an insert arrives after its repeat, a send is answered too late: one job, one run', async () => {
      dynamo().breakNext('BatchExecuteStatement', insert, late('request'))
      sqs().breakNext('SendMessageBatch', /./, late('answer'))
      const { id, created } = await kit.enqueue()
      await idle()
      expect(created).toBe(true)
      expect(await kit.job(id)).toMatchObject({ state: 'RESERVED', fence: 1 })
      expect(await kit.messages()).toBe(2)
      await kit.workAll()
      expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
      expect(kit.eventsOf(id)).toEqual(['job_enqueued', 'job_started', 'job_completed'])
      expect(await kit.messages()).toBe(0)
    })

    it('a start arrives after its repeat, a completion is answered too late: one run each', async () => {
      const { id: started } = await kit.enqueue()
      dynamo().breakNext('BatchExecuteStatement', start, late('request'))
      const first = kit.work()
      // Received by now, so that the next batch does not take its message along.
      while (dynamo().injected.length === 0) await kit.deps.clock.turn()
      const { id: completed } = await kit.enqueue()
      dynamo().breakNext('BatchExecuteStatement', completion, late('answer'))
      await Promise.all([first, kit.work()])
      await idle()
      for (const id of [started, completed]) {
        expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
        expect(kit.eventsOf(id)).toEqual(['job_enqueued', 'job_started', 'job_completed'])
        expect(kit.runsOf(id)).toBe(1)
      }
      expect(await kit.messages()).toBe(0)
    })

    const clockMovesAtStart = (aheadMs: number) => {
      dynamo().setRule(({ body }) => {
        if (start.test(body)) kit.aheadMs = aheadMs
        return undefined
      })
    }

    it('a start takes so long that nothing of its time is left: the lease is renewed before the handler runs', async () => {
      const { id } = await kit.enqueue()
      const deadlines: number[] = []
      kit.onRun = ctx => deadlines.push(ctx.deadline - kit.deps.clock.now())
      clockMovesAtStart(61_000)
      await kit.work()
      expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
      expect(deadlines).toHaveLength(1)
      expect(deadlines[0]).toBeGreaterThan(50_000)
    })

    it('a start takes longer than its lease, and another run takes over: the first never calls the handler', async () => {
      const { id } = await kit.enqueue()
      const dead = { kind: 'delay', way: 'answer', delayMs: 400 } as const
      dynamo().breakNext('BatchExecuteStatement', start, dead)
      const slow = kit.work()
      while ((await kit.deps.store.get([id]))[0]?.state !== 'IN_PROGRESS') await kit.deps.clock.turn()
      kit.aheadMs = 200_000
      expect(await kit.tick()).toMatchObject({ recovered: 1 })
      expect(await kit.work()).toBe(1)
      await slow
      expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, crashes: 1 })
      expect(kit.runsOf(id)).toBe(1)
      expect(kit.eventsOf(id).filter(event => event === 'job_completed')).toHaveLength(1)
      expect(kit.eventsOf(id).filter(event => event === 'late_write')).toHaveLength(1)
    })
  })
}

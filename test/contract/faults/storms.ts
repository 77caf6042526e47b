/** For a while a fifth of everything is throttled; then the queue cannot be reached at all. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StartDynamo } from '../../support/engines.ts'
import { lost, partsFail, refusedWith, seededRule } from '../../support/fault-proxy.ts'
import { FaultKit } from './fault-kit.ts'

const share = 0.2
const hourMs = 3_600_000
const everyThird = (place: number): boolean => place % 3 === 0

export function describeStorms(name: string, startDynamo: StartDynamo): void {
  describe(`storms on ${name}`, () => {
    let kit: FaultKit
    beforeAll(async () => {
      kit = await FaultKit.start(startDynamo)
    })
    afterAll(() => kit.stop())
    beforeEach(() => kit.reset())

    it('a fifth of all calls and batches throttled: every job completes, and each run is accounted for', async () => {
      const { dynamo, sqs } = kit.engines.faults
      const dynamoFaults = [
        refusedWith('ProvisionedThroughputExceededException'),
        refusedWith('ThrottlingException'),
        partsFail('request', 'ThrottlingError', everyThird),
      ]
      dynamo.setRule(seededRule(1, share, dynamoFaults))
      sqs.setRule(
        seededRule(2, share, [refusedWith('RequestThrottled'), partsFail('request', 'RequestThrottled', everyThird)]),
      )
      const enqueued = await Promise.all(Array.from({ length: 40 }, () => kit.enqueue()))
      expect(enqueued.filter(({ created }) => created)).toHaveLength(40)
      // A worker that cannot receive or delete for once is followed by the next, as in production.
      for (let round = 0; round < 6; round += 1) await Promise.allSettled([kit.work(), kit.work()])
      const injected = [...dynamo.injected, ...sqs.injected]
      expect(injected.length).toBeGreaterThan(10)
      kit.calm()
      const ids = enqueued.map(({ id }) => id)
      await drain(kit, ids)
      for (const id of ids) await expectAccounted(kit, id)
      expect(kit.engines.events.filter(({ name: event }) => event === 'late_write')).toEqual([])
    })

    it('the queue cannot be reached: enqueued all the same, and the first tick after sends each message once', async () => {
      const { sqs } = kit.engines.faults
      let isCut = false
      sqs.setRule(({ operation }) => {
        if (operation !== 'SendMessageBatch') return undefined
        isCut = !isCut
        return isCut ? lost('request') : refusedWith('InternalServerError')
      })
      const enqueued = await Promise.all(Array.from({ length: 6 }, () => kit.enqueue()))
      expect(enqueued.filter(({ created }) => created)).toHaveLength(6)
      const failures = () => kit.engines.events.filter(({ name: event }) => event === 'send_failed').length
      expect(failures()).toBe(6)
      // T21: due for the sweeper at once, not after a hold.
      expect(await kit.tick()).toMatchObject({ looked: 6, dispatched: 0, setAside: 0 })
      expect(failures()).toBe(12)
      expect(await kit.messages()).toBe(0)
      kit.calm()
      kit.aheadMs = 60_000
      expect(await kit.tick()).toMatchObject({ looked: 6, dispatched: 6 })
      expect(await kit.messages()).toBe(6)
      await kit.workAll()
      for (const { id } of enqueued) {
        expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, fence: 1 })
        expect(kit.runsOf(id)).toBe(1)
      }
    })
  })
}

/** Hour by hour a tick and its messages, until all have ended. */
async function drain(kit: FaultKit, ids: readonly string[]): Promise<void> {
  for (let hour = 0; hour < 5; hour += 1) {
    await kit.workAll()
    const jobs = await kit.deps.store.get(ids)
    if (jobs.every(job => job?.state === 'COMPLETED')) return
    kit.aheadMs += hourMs
    await kit.tick()
  }
  throw new Error('not all jobs ended within five hours after the storm')
}

/** One completion, told once; each attempt charged was a run, each run beyond the first follows a crash (I3, I6). */
async function expectAccounted(kit: FaultKit, id: string): Promise<void> {
  const { state, attempt, crashes = 0 } = await kit.job(id)
  const completions = kit.eventsOf(id).filter(event => event === 'job_completed').length
  expect({ state, attempt, runs: kit.runsOf(id), completions }).toEqual({
    state: 'COMPLETED',
    attempt: 1 + crashes,
    runs: 1 + crashes,
    completions: 1,
  })
}

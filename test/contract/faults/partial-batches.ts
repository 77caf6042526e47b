/** A 200 in which some entries failed: each entry has its own fate, and none costs another its own. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enqueueMany } from '../../../lib/app/enqueue/enqueue.ts'
import type { StartDynamo } from '../../support/engines.ts'
import { partsFail, type Way } from '../../support/fault-proxy.ts'
import { FaultKit } from './fault-kit.ts'

const isEven = (place: number): boolean => place % 2 === 0
const isFirstThree = (place: number): boolean => place < 3
const insert = /INSERT INTO/
const start = /= attempt \+/
const completion = /"S":"COMPLETED"/
const holdOverMs = 130_000
const ways: readonly Way[] = ['request', 'answer']

export function describePartialBatches(name: string, startDynamo: StartDynamo): void {
  describe(`partial batches on ${name}`, () => {
    let kit: FaultKit
    beforeAll(async () => {
      kit = await FaultKit.start(startDynamo)
    })
    afterAll(() => kit.stop())
    beforeEach(() => kit.reset())

    const enqueueTen = async (options: object = {}): Promise<readonly string[]> => {
      const requests = Array.from({ length: 10 }, () => ({ type: 'work', input: {}, ...options }))
      const outcomes = await enqueueMany(kit.deps, requests)
      expect(outcomes.filter(one => one.kind === 'enqueued' && one.created)).toHaveLength(10)
      return outcomes.flatMap(one => (one.kind === 'enqueued' ? [one.id] : []))
    }
    const expectAllOnce = async (ids: readonly string[]) => {
      const jobs = await Promise.all(ids.map(id => kit.job(id)))
      expect(jobs.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(ids.map(() => 'COMPLETED 1'))
      expect(kit.runs.toSorted()).toEqual([...ids].toSorted())
      const completed = kit.engines.events.filter(({ name: event }) => event === 'job_completed')
      expect(completed).toHaveLength(ids.length)
    }
    const told = (event: string) => kit.engines.events.filter(one => one.name === event).length

    it.each(ways)('inserts, some throttled (%s): all made once, each with one message', async way => {
      kit.engines.faults.dynamo.breakNext('BatchExecuteStatement', insert, partsFail(way, 'ThrottlingError', isEven))
      const ids = await enqueueTen()
      expect(await kit.messages()).toBe(10)
      await kit.workAll()
      await expectAllOnce(ids)
    })

    it('starts, some throttled: the others run at once; no attempt is charged to those, and they run later', async () => {
      const ids = await enqueueTen()
      kit.engines.faults.dynamo.breakNext(
        'BatchExecuteStatement',
        start,
        partsFail('request', 'ThrottlingError', isFirstThree),
      )
      await kit.work()
      const states = (await Promise.all(ids.map(id => kit.job(id)))).map(({ state, attempt }) => `${state} ${attempt}`)
      expect(states.toSorted()).toEqual([
        ...Array.from({ length: 7 }, () => 'COMPLETED 1'),
        ...Array.from({ length: 3 }, () => 'RESERVED 0'),
      ])
      kit.aheadMs = holdOverMs
      expect(await kit.tick()).toMatchObject({ looked: 3, dispatched: 3 })
      await kit.workAll()
      await expectAllOnce(ids)
    })

    it('starts carried out, some answered as failed: all run, each once', async () => {
      const ids = await enqueueTen()
      const fault = partsFail('answer', 'InternalServerError', isEven)
      kit.engines.faults.dynamo.breakNext('BatchExecuteStatement', start, fault)
      await kit.workAll()
      await expectAllOnce(ids)
    })

    it.each(ways)('completions, some failed (%s): written again under the same lease', async way => {
      const ids = await enqueueTen()
      const fault = partsFail(way, 'InternalServerError', isEven)
      kit.engines.faults.dynamo.breakNext('BatchExecuteStatement', completion, fault, fault)
      await kit.workAll()
      await expectAllOnce(ids)
      expect(told('late_write')).toBe(0)
    })

    it('messages, some not sent: exactly those go out at the next tick', async () => {
      const fault = partsFail('request', 'InternalError', isFirstThree)
      kit.engines.faults.sqs.breakNext('SendMessageBatch', /./, fault)
      const ids = await enqueueTen()
      expect(told('send_failed')).toBe(3)
      expect(await kit.messages()).toBe(7)
      expect(await kit.tick()).toMatchObject({ looked: 3, dispatched: 3 })
      expect(await kit.messages()).toBe(10)
      await kit.workAll()
      await expectAllOnce(ids)
    })

    it('messages sent, some answered as failed: sent twice, run once', async () => {
      kit.engines.faults.sqs.breakNext('SendMessageBatch', /./, partsFail('answer', 'InternalError', isFirstThree))
      const ids = await enqueueTen()
      expect(await kit.tick()).toMatchObject({ dispatched: 3 })
      expect(await kit.messages()).toBe(13)
      await kit.workAll()
      await expectAllOnce(ids)
      expect(await kit.messages()).toBe(0)
    })

    it('visibility that could not be set costs nothing but a word', async () => {
      const ids = await enqueueTen()
      // So late in the lease that the queue's own visibility timeout does not cover the new one.
      kit.onRun = async ctx => {
        kit.aheadMs = 20_000
        await ctx.heartbeat()
      }
      const fault = partsFail('request', 'InternalError', isEven)
      kit.engines.faults.sqs.breakNext('ChangeMessageVisibilityBatch', /./, fault)
      await kit.workAll()
      await expectAllOnce(ids)
      expect(told('visibility_failed')).toBe(5)
    })

    it('reads, some keys unprocessed: asked for again, and every due job is dispatched at this tick', async () => {
      const ids = await enqueueTen({ delay: '20m' })
      kit.aheadMs = 1_200_000
      const fault = partsFail('request', '', isEven)
      kit.engines.faults.dynamo.breakNext('BatchGetItem', /./, fault, fault, fault)
      expect(await kit.tick()).toMatchObject({ looked: 10, dispatched: 10, setAside: 0 })
      expect(kit.engines.faults.dynamo.injected).toHaveLength(3)
      await kit.workAll()
      await expectAllOnce(ids)
    })

    it('reads that stay unprocessed: the tick says Unavailable, the next one does its work', async () => {
      const ids = await enqueueTen({ delay: '20m' })
      kit.aheadMs = 1_200_000
      const fault = partsFail('request', '', () => true)
      kit.engines.faults.dynamo.setRule(({ operation }) => (operation === 'BatchGetItem' ? fault : undefined))
      await expect(kit.tick()).rejects.toMatchObject({ code: 'unavailable' })
      kit.calm()
      expect(await kit.tick()).toMatchObject({ dispatched: 10 })
      await kit.workAll()
      await expectAllOnce(ids)
    })
  })
}

import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { expect } from 'vitest'
import { cancel, remove, requeue, runNow } from '../../../lib/app/operate/operate.ts'
import { startAvailable } from '../../../lib/app/sweeper/start-available.ts'
import { dynamoClient } from '../../../lib/aws/connect.ts'
import { FailForGood } from '../../../lib/core/definition/handler-errors.ts'
import type { FaultKit } from './fault-kit.ts'

export interface AmbiguousCase {
  /** Of the transition whose write goes wrong. */
  readonly row: string
  readonly title: string
  readonly operation: 'BatchExecuteStatement' | 'UpdateItem' | 'DeleteItem'
  /** Tells that write from the others of the case. */
  readonly fits: RegExp
  /** Whether the use case itself asks again when the SDK has given up. */
  readonly isAskedAgain: boolean
  /** @param breakIt to be called right before the write */
  readonly run: (kit: FaultKit, breakIt: () => void) => Promise<void>
}

const statement = { operation: 'BatchExecuteStatement', isAskedAgain: true } as const
/** An operator's act: its caller is told `Unavailable` and asks again. */
const actOfAnOperator = { isAskedAgain: false } as const

const minute = 60_000
/** Past the lease of a run that started now. */
const leaseOverMs = 70_000
/** Past the first hold. */
const holdOverMs = 130_000

/** The queue holds one message; it is worked off, and the job has completed. */
async function expectOneRun(kit: FaultKit, id: string, expected: object, events: readonly string[]): Promise<void> {
  expect(await kit.messages()).toBe(1)
  await kit.work()
  expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, ...expected })
  expect(kit.runsOf(id)).toBe(1)
  expect(kit.eventsOf(id)).toEqual(events)
}

const placeCases: readonly AmbiguousCase[] = [
  ...[undefined, 'a-key'].map(
    (key): AmbiguousCase => ({
      row: 'T1',
      title: `enqueue ${key === undefined ? 'with a random id' : 'under an idempotency key'}: one job, reported as created`,
      ...statement,
      fits: /INSERT INTO/,
      async run(kit, breakIt) {
        breakIt()
        const idempotencyKey = key === undefined ? {} : { idempotencyKey: `${key}-${kit.deps.clock.now()}` }
        const { id, created } = await kit.enqueue(idempotencyKey)
        expect(created).toBe(true)
        await expectOneRun(kit, id, {}, ['job_enqueued', 'job_started', 'job_completed'])
      },
    }),
  ),
  {
    row: 'T5',
    title: 'dispatch: counted once, its message sent at this tick',
    ...statement,
    fits: /\\"fence\\" = \?, \\"dispatches\\"/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue({ delay: '20m' })
      kit.aheadMs = 20 * minute
      breakIt()
      expect(await kit.tick()).toMatchObject({ dispatched: 1, setAside: 0 })
      expect(await kit.job(id)).toMatchObject({ state: 'RESERVED', fence: 1, dispatches: 1 })
      await expectOneRun(kit, id, {}, ['job_enqueued', 'job_dispatched', 'job_started', 'job_completed'])
    },
  },
  {
    row: 'T19',
    title: 'adopt: one generation, one message',
    operation: 'UpdateItem',
    isAskedAgain: true,
    fits: /generation|#shard/,
    async run(kit, breakIt) {
      const id = `foreign-${kit.deps.clock.now()}`
      const item = { id: { S: id }, type: { S: 'work' }, state: { S: 'AVAILABLE' }, input: { S: '{}' } }
      await dynamoClient().send(new PutItemCommand({ TableName: kit.engines.names.table, Item: item }))
      const [image] = await kit.deps.store.get([id])
      breakIt()
      expect(await startAvailable(kit.deps, image === undefined ? [] : [image])).toEqual([])
      expect(await kit.job(id)).toMatchObject({ state: 'RESERVED', fence: 2 })
      await expectOneRun(kit, id, {}, ['job_adopted', 'job_dispatched', 'job_started', 'job_completed'])
    },
  },
]

const runCases: readonly AmbiguousCase[] = [
  {
    row: 'T6',
    title: 'start: one attempt charged, one run',
    ...statement,
    fits: /= attempt \+/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      breakIt()
      await expectOneRun(kit, id, {}, ['job_enqueued', 'job_started', 'job_completed'])
    },
  },
  {
    row: 'T7',
    title: 'take over: one crash counted and told, one run',
    ...statement,
    fits: /\\"crashes\\" = \?.*= attempt \+/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      await kit.crash(id)
      kit.aheadMs = leaseOverMs
      breakIt()
      const events = ['job_enqueued', 'job_crashed', 'job_started', 'job_completed']
      await expectOneRun(kit, id, { attempt: 2, crashes: 1 }, events)
    },
  },
  {
    row: 'T8',
    title: 'heartbeat: the run goes on',
    operation: 'BatchExecuteStatement',
    isAskedAgain: false,
    fits: /\\"progress\\" = \?/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      breakIt()
      kit.onRun = ctx => ctx.progress(50)
      await expectOneRun(kit, id, { progress: 100 }, ['job_enqueued', 'job_started', 'job_completed'])
    },
  },
  {
    row: 'T9',
    title: 'complete: one terminal event, no late write',
    ...statement,
    fits: /"S":"COMPLETED"/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      breakIt()
      kit.onRun = () => 'done'
      await expectOneRun(kit, id, { result: '"done"' }, ['job_enqueued', 'job_started', 'job_completed'])
    },
  },
  {
    row: 'T11',
    title: 'retry: one retry, then one completion',
    ...statement,
    fits: /lastOwner.*"S":"RETRY"/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      breakIt()
      kit.onRun = ({ attempt }) => {
        if (attempt === 1) throw new Error('first')
      }
      await kit.work()
      expect(await kit.job(id)).toMatchObject({ state: 'RETRY', attempt: 1 })
      expect(await kit.work(5)).toBe(1)
      expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 2 })
      const events = ['job_enqueued', 'job_started', 'job_retry', 'job_started', 'job_completed']
      expect(kit.eventsOf(id)).toEqual(events)
    },
  },
  {
    row: 'T12',
    title: 'fail for good: one terminal event',
    ...statement,
    fits: /lastOwner.*"S":"FAILED"/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      breakIt()
      kit.onRun = () => {
        throw new FailForGood('no use')
      }
      await kit.work()
      expect(await kit.job(id)).toMatchObject({ state: 'FAILED', attempt: 1 })
      expect(kit.eventsOf(id)).toEqual(['job_enqueued', 'job_started', 'job_failed'])
    },
  },
  {
    row: 'T13',
    title: 'snooze: one snooze counted, the attempt given back once',
    ...statement,
    fits: /lastOwner.*\\"snoozes\\" = \?/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      breakIt()
      kit.onRun = ctx => (ctx.attempt === 1 ? ctx.snooze('0s') : undefined)
      await kit.work()
      expect(await kit.job(id)).toMatchObject({ state: 'RETRY', attempt: 1, attemptsLeft: 5, snoozes: 1 })
      expect(await kit.work(5)).toBe(1)
      expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, attemptsLeft: 4, snoozes: 1 })
      const events = ['job_enqueued', 'job_started', 'job_snoozed', 'job_started', 'job_completed']
      expect(kit.eventsOf(id)).toEqual(events)
    },
  },
]

const sweepCases: readonly AmbiguousCase[] = [
  {
    row: 'T14',
    title: 'recover: one crash counted, its message sent at this tick',
    ...statement,
    fits: /\\"fence\\" = \?, \\"crashes\\"/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      await kit.crash(id)
      await kit.loseMessages()
      kit.aheadMs = holdOverMs
      breakIt()
      expect(await kit.tick()).toMatchObject({ recovered: 1, setAside: 0 })
      expect(await kit.job(id)).toMatchObject({ state: 'RESERVED', fence: 2, crashes: 1 })
      const events = ['job_enqueued', 'job_crashed', 'job_started', 'job_completed']
      await expectOneRun(kit, id, { attempt: 2, crashes: 1 }, events)
    },
  },
  ...(['sweeper', 'worker'] as const).map(
    (who): AmbiguousCase => ({
      row: 'T14',
      title: `the last attempt crashed, found by a ${who}: one crash, one terminal event`,
      ...statement,
      fits: /"S":"FAILED"/,
      async run(kit, breakIt) {
        const { id } = await kit.enqueue({ maxAttempts: 1 })
        await kit.crash(id)
        kit.aheadMs = holdOverMs
        breakIt()
        await (who === 'sweeper' ? kit.tick() : kit.work())
        expect(await kit.job(id)).toMatchObject({ state: 'FAILED', attempt: 1, crashes: 1 })
        await kit.loseMessages()
        expect(kit.eventsOf(id)).toEqual(['job_enqueued', 'job_crashed', 'job_failed'])
      },
    }),
  ),
  {
    row: 'T6',
    title: 'no attempt left, found by the sweeper: one terminal event',
    ...statement,
    fits: /"S":"FAILED"/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue({ maxAttempts: 1 })
      await kit.loseMessages()
      await editCounters(kit, id)
      kit.aheadMs = holdOverMs
      breakIt()
      await kit.tick()
      expect(await kit.job(id)).toMatchObject({ state: 'FAILED' })
      expect(kit.eventsOf(id)).toEqual(['job_enqueued', 'job_failed'])
    },
  },
]

/** In the console: the one attempt counts as used up. */
async function editCounters(kit: FaultKit, id: string): Promise<void> {
  await dynamoClient().send(
    new UpdateItemCommand({
      TableName: kit.engines.names.table,
      Key: { id: { S: id } },
      UpdateExpression: 'SET attempt = :one, attemptsLeft = :zero',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':zero': { N: '0' } },
    }),
  )
}

const manageCases: readonly AmbiguousCase[] = [
  {
    row: 'T15',
    title: 'cancel of a waiting job: cancelled, told once',
    operation: 'BatchExecuteStatement',
    ...actOfAnOperator,
    fits: /"S":"CANCELLED"/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue({ delay: '1h' })
      breakIt()
      expect(await cancel(kit.deps, id)).toEqual({ kind: 'cancelled' })
      expect(await kit.job(id)).toMatchObject({ state: 'CANCELLED', fence: 1 })
      expect(kit.eventsOf(id)).toEqual(['job_enqueued', 'job_cancelled'])
    },
  },
  {
    row: 'T15',
    title: 'cancel of a running job: requested, told once',
    operation: 'BatchExecuteStatement',
    ...actOfAnOperator,
    fits: /\\"cancelRequestedAt\\" = \?/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      breakIt()
      await cancelWhileRunning(kit, id)
    },
  },
  {
    row: 'T18',
    title: 'a cancelled run ends: one terminal event',
    ...statement,
    fits: /lastOwner.*"S":"CANCELLED"/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      breakIt()
      await cancelWhileRunning(kit, id)
    },
  },
  {
    row: 'T16',
    title: 'requeue: one generation, one message',
    operation: 'UpdateItem',
    ...actOfAnOperator,
    fits: /#generation/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue()
      await kit.work()
      breakIt()
      expect(await requeue(kit.deps, id)).toEqual({ kind: 'placed', state: 'RESERVED' })
      expect(await kit.job(id)).toMatchObject({ generation: 2, fence: 2, attempt: 0, attemptsLeft: 5 })
      expect(await kit.messages()).toBe(1)
      await kit.work()
      expect(await kit.job(id)).toMatchObject({ state: 'COMPLETED', generation: 2, attempt: 1 })
      const run = ['job_started', 'job_completed']
      expect(kit.eventsOf(id)).toEqual(['job_enqueued', ...run, 'job_requeued', ...run])
    },
  },
  {
    row: 'T16',
    title: 'run now: one message',
    operation: 'UpdateItem',
    ...actOfAnOperator,
    fits: /#scheduledAt/,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue({ delay: '1h' })
      breakIt()
      expect(await runNow(kit.deps, id)).toEqual({ kind: 'placed', state: 'RESERVED' })
      expect(await kit.job(id)).toMatchObject({ state: 'RESERVED', fence: 1 })
      await expectOneRun(kit, id, {}, ['job_enqueued', 'job_rescheduled', 'job_started', 'job_completed'])
    },
  },
  {
    row: 'T17',
    title: 'delete: deleted, told once',
    operation: 'DeleteItem',
    ...actOfAnOperator,
    fits: /./,
    async run(kit, breakIt) {
      const { id } = await kit.enqueue({ delay: '1h' })
      kit.aheadMs = 6 * minute
      breakIt()
      expect(await remove(kit.deps, id)).toEqual({ kind: 'deleted' })
      expect(await kit.deps.store.get([id])).toEqual([undefined])
      expect(kit.eventsOf(id)).toEqual(['job_enqueued', 'job_deleted'])
    },
  },
]

/** The handler runs on until its own heartbeat tells it that it was cancelled. */
async function cancelWhileRunning(kit: FaultKit, id: string): Promise<void> {
  kit.onRun = async ctx => {
    expect(await cancel(kit.deps, id)).toEqual({ kind: 'cancelRequested' })
    await ctx.heartbeat()
    ctx.signal.throwIfAborted()
  }
  await kit.work()
  expect(await kit.job(id)).toMatchObject({ state: 'CANCELLED', attempt: 1 })
  expect(kit.runsOf(id)).toBe(1)
  expect(kit.eventsOf(id)).toEqual(['job_enqueued', 'job_started', 'job_cancel_requested', 'job_cancelled'])
}

export const ambiguousCases: readonly AmbiguousCase[] = [...placeCases, ...runCases, ...sweepCases, ...manageCases]

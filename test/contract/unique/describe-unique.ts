/** Unique keys on a store that many ask at once, and what they cost there. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enqueue, enqueueMany } from '../../../lib/app/enqueue/enqueue.ts'
import { createTable } from '../../../lib/aws/dynamodb/create-table.ts'
import { DynamoJobStore } from '../../../lib/aws/dynamodb/job-store.ts'
import type { UniqueOptions } from '../../../lib/core/definition/unique.ts'
import { completeIfOwner } from '../../../lib/core/transitions/finish.ts'
import { startIfDispatched } from '../../../lib/core/transitions/start.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import type { Deps } from '../../../lib/ports/deps.ts'
import { MemoryJobQueue } from '../../../lib/testing/memory-job-queue.ts'
import { MemoryJobStore } from '../../../lib/testing/memory-job-store.ts'
import { MemoryRecordStore } from '../../../lib/testing/memory-record-store.ts'
import { SeededRandom } from '../../../lib/testing/seeded-random.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import { countUnits } from '../../unit/aws/dynamodb/capacity.ts'
import { engineSettings } from '../conformance/dynamo-harness.ts'

interface Engine {
  readonly endpoint: string
  stop(): Promise<void>
}

const table = 'unique'

const work = defineJob({ type: 'work', input: v.object({ n: v.number() }) })
const runner = defineRunner({ jobs: [work] })
const begin = Date.parse('2026-11-22T10:00:00.123Z')

/** @param reportsUnits whether the engine says what a statement consumes; DynamoDB Local does not */
export function describeUnique(name: string, startEngine: () => Promise<Engine>, reportsUnits = true): void {
  describe(`unique keys on ${name}`, () => {
    let engine: Engine
    let client: DynamoDBClient
    let consumed: () => { readonly table: number; readonly index: number }
    let clock: VirtualClock
    let deps: Deps
    let sent: number
    beforeAll(async () => {
      engine = await startEngine()
      client = new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
      await createTable(client, table)
      // Writes alone: the engine reports read units under the same name.
      consumed = countUnits(client, command => !command.startsWith('BatchGet'))
      clock = new VirtualClock(begin)
      const queue = new MemoryJobQueue(clock)
      const send = queue.send.bind(queue)
      queue.send = (one, messages) => {
        sent += messages.length
        return send(one, messages)
      }
      const random = new SeededRandom(7)
      deps = {
        runner,
        store: new DynamoJobStore({ client, table, clock, random }),
        records: new MemoryRecordStore(clock, new MemoryJobStore(clock)),
        queue,
        clock,
        random,
        telemetry: { emit() {} },
        timeZones: '',
      }
    })
    afterAll(async () => {
      client.destroy()
      await engine.stop()
    })

    const ask = (n: number, unique: UniqueOptions, more: object = {}) =>
      enqueue(deps, { type: 'work', input: { n }, unique, ...more })

    it('1,000 requests at once: one job, one message, and 999 that are told', { timeout: 120_000 }, async () => {
      sent = 0
      const unique = { key: 'many' }
      const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => ask(n, unique)))
      expect(answers.filter(({ created }) => created)).toHaveLength(1)
      expect(answers.filter(({ action }) => action === 'existing')).toHaveLength(999)
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
      expect(sent).toBe(1)
    })

    it('1,000 in one call, of ten keys: ten jobs', { timeout: 120_000 }, async () => {
      const requests = Array.from({ length: 1_000 }, (_, n) => ({
        type: 'work',
        input: { n },
        unique: { key: `k${n % 10}` },
      }))
      const outcomes = await enqueueMany(deps, requests)
      expect(outcomes.filter(one => one.kind === 'enqueued' && one.created)).toHaveLength(10)
      expect(outcomes.filter(one => one.kind === 'refused')).toEqual([])
    })

    it('100 that are debounced: at most 110 units, one message, the last input', { timeout: 60_000 }, async () => {
      sent = 0
      consumed()
      let id = ''
      for (let n = 1; n <= 100; n += 1) {
        const asking = ask(n, { key: 'debounced', onConflict: 'replace' }, { delay: '30s' })
        id = (await asking).id
        await clock.advance(100)
      }
      const units = consumed()
      const [job] = await deps.store.get([id])
      expect(units.table + units.index).toBeGreaterThanOrEqual(reportsUnits ? 100 : 0)
      expect(units.table + units.index).toBeLessThanOrEqual(110)
      expect(job?.input).toBe('{"n":100}')
      expect(sent).toBe(1)
    })

    it.runIf(reportsUnits)('a unique job costs as much as any: 5', async () => {
      consumed()
      const { id } = await ask(1, { key: 'once' })
      const start = { now: clock.now(), owner: 'owner-of-12ch', policy: work.policy }
      const [started] = await deps.store.apply([{ id, transition: startIfDispatched(1, start, true) }])
      if (started?.kind !== 'applied') throw new Error(JSON.stringify(started))
      const held = { job: started.job, owner: start.owner, policy: work.policy, now: clock.now() }
      await deps.store.apply([{ id, transition: completeIfOwner(held, undefined), seen: started.job }])
      const units = consumed()
      expect(units.table + units.index).toBe(5)
    })
  })
}

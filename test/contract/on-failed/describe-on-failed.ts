/** A failure and the job that follows it, on an engine: together or not at all, once, and for how much. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enqueue } from '../../../lib/app/enqueue/enqueue.ts'
import { writeEnd } from '../../../lib/app/write-end.ts'
import { createTable } from '../../../lib/aws/dynamodb/create-table.ts'
import { failedJob } from '../../../lib/core/definition/failed-job.ts'
import { failureJobId } from '../../../lib/core/job/ids.ts'
import type { Job } from '../../../lib/core/job/job.ts'
import { failIfOwner } from '../../../lib/core/transitions/finish.ts'
import { failureNameOf } from '../../../lib/core/transitions/on-failed.ts'
import { endUnrun } from '../../../lib/core/transitions/recover.ts'
import { startIfDispatched } from '../../../lib/core/transitions/start.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import type { Deps } from '../../../lib/ports/deps.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import { depsOn } from '../../support/deps-on.ts'
import { countUnits } from '../../unit/aws/dynamodb/capacity.ts'
import { engineSettings } from '../conformance/dynamo-harness.ts'

interface Engine {
  readonly endpoint: string
  stop(): Promise<void>
}

const input = v.object({ n: v.number() })
const makesGood = defineJob({ type: 'makes-good', input: failedJob(input) })
const work = defineJob({ type: 'work', input, onFailed: makesGood })
const runner = defineRunner({ jobs: [work, makesGood] })
const { policy } = work
const begin = Date.parse('2026-11-22T10:00:00.123Z')
const options = { delaysMs: [] }

export function describeOnFailed(name: string, startEngine: () => Promise<Engine>): void {
  describe(`onFailed on ${name}`, () => {
    let engine: Engine
    let client: DynamoDBClient
    let consumed: () => { readonly table: number; readonly index: number }
    let clock: VirtualClock
    let deps: Deps
    beforeAll(async () => {
      engine = await startEngine()
      client = new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
      await createTable(client, 'jobs')
      consumed = countUnits(client, command => !command.includes('Get'))
      clock = new VirtualClock(begin)
      deps = depsOn(client, runner, clock)
    })
    afterAll(async () => {
      client.destroy()
      await engine.stop()
    })

    async function started(owner: string): Promise<Job> {
      const { id } = await enqueue(deps, { type: 'work', input: { n: 1 } })
      const transition = startIfDispatched(1, { now: clock.now(), owner, policy }, false)
      const [outcome] = await deps.store.apply([{ id, transition }])
      if (outcome?.kind !== 'applied') throw new Error(`the start was ${outcome?.kind}`)
      consumed()
      return outcome.job
    }

    const followerOf = async (job: Job) => (await deps.store.get([failureJobId(failureNameOf(job))]))[0]
    const failed = (job: Job, owner: string) => {
      const transition = failIfOwner({ job, owner, policy, now: clock.now() }, { name: 'Error', message: 'no' })
      return writeEnd(deps, deps, { id: job.id, transition, seen: job }, options)
    }

    it('one transaction writes both; seven units', async () => {
      const job = await started('o1')
      expect(await failed(job, 'o1')).toMatchObject({ kind: 'written', job: { state: 'FAILED' } })
      // FAILED moves its row, which is two; what follows has one of its own.
      expect(consumed()).toEqual({ table: 4, index: 3 })
      const [stored] = await deps.store.get([job.id])
      const follower = await followerOf(job)
      expect(stored).toMatchObject({ state: 'FAILED', onFailed: follower?.id })
      expect(follower).toMatchObject({ state: 'AVAILABLE', type: 'makes-good', failureOf: failureNameOf(job) })
      expect(JSON.parse(follower?.input ?? '')).toMatchObject({ id: job.id, attempts: 1, input: { n: 1 } })
    })

    it('a run that is not the owner any more writes neither', async () => {
      const job = await started('o2')
      expect(await failed(job, 'another')).toMatchObject({ kind: 'refused', job: { state: 'IN_PROGRESS' } })
      expect(await followerOf(job)).toBeUndefined()
    })

    it('a worker and twenty sweepers end it at once: one failure, one job', { timeout: 60_000 }, async () => {
      const job = await started('o3')
      await clock.advance(600_000)
      const asSweeper = (request: string) => {
        const transition = endUnrun(job, 'crashed', { now: clock.now(), request, policy })
        return writeEnd(deps, deps, { id: job.id, transition, seen: job }, options)
      }
      const all = [failed(job, 'o3'), ...Array.from({ length: 20 }, (_, n) => asSweeper(`sweeper${n}`))]
      const outcomes = await Promise.all(all)
      expect(outcomes.filter(({ kind }) => kind === 'written')).toHaveLength(1)
      expect(await followerOf(job)).toMatchObject({ state: 'AVAILABLE', failureOf: failureNameOf(job) })
    })

    it('a job of that generation is there already: the failure is written alone', async () => {
      const job = await started('o4')
      await failed(job, 'o4')
      const before = await followerOf(job)
      // As an edit in the console may bring it back.
      const [again] = await deps.store.apply([
        {
          id: job.id,
          transition: {
            name: 'edited',
            row: 'T0',
            guard: [],
            set: { state: 'IN_PROGRESS', owner: 'o5' },
            remove: ['onFailed', 'ttl', 'finishedAt'],
          },
        },
      ])
      if (again?.kind !== 'applied') throw new Error('the edit failed')
      expect(await failed(again.job, 'o5')).toMatchObject({ kind: 'written' })
      expect((await deps.store.get([job.id]))[0]).toMatchObject({ state: 'FAILED', onFailed: before?.id })
      expect(await followerOf(job)).toEqual(before)
    })
  })
}

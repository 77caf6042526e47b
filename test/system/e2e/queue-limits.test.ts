/** A queue that is limited at run time, through the client, while its jobs run and wait: what that costs, and that it holds. */
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enqueue, enqueueMany } from '../../../lib/app/enqueue/enqueue.ts'
import { pump as handOn } from '../../../lib/app/gates/pump.ts'
import { tick } from '../../../lib/app/sweeper/tick.ts'
import type { Client } from '../../../lib/client/client.ts'
import { createClient } from '../../../lib/client/create-client.ts'
import { freeIfSeen, takeIfFree } from '../../../lib/core/records/gate.ts'
import { gateKey } from '../../../lib/core/records/keys.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { type Engines, startTicked } from '../../support/engines.ts'
import { pump } from '../../support/pump.ts'

const input = v.object({ ms: v.optional(v.number(), 1) })
const mail = defineJob({ type: 'mail', input })
const news = defineJob({ type: 'news', input })
const runner = defineRunner({ jobs: [mail, news] })

let running = 0
/** How many ran next to each start, and when that was. */
const starts: { readonly at: number; readonly running: number }[] = []
const mostSince = (at: number): number => Math.max(0, ...starts.flatMap(one => (one.at >= at ? [one.running] : [])))
const work = async ({ ms }: { readonly ms: number }) => {
  running += 1
  starts.push({ at: Date.now(), running })
  await pause(ms)
  running -= 1
}
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const handlers = [handle(mail, work), handle(news, work)]

let engines: Engines
let client: Client
type Deps = ReturnType<Engines['deps']>
beforeAll(async () => {
  engines = await startTicked(runner)
  client = createClient({ runner, ...engines.names, actor: 'on call' })
})
afterAll(() => engines.stop())

const run = (deps: Deps, waitSeconds = 2) =>
  pump(deps, handlers, 'default', engines.names.queues['default'] ?? '', waitSeconds)
const units = () => {
  const { table, index } = engines.dynamo.writeUnits
  engines.dynamo.reset()
  return table + index
}
const jobOf = async (deps: Deps, id: string) => (await deps.store.get([id]))[0]

describe('write units of a job whose queue', () => {
  it('was never limited: 5; is limited after the job was enqueued: 8, which is one more than with a limit in code', async () => {
    // Workers of their own records: they have to learn of the limit.
    const deps = engines.deps(runner)
    units()
    const free = await enqueue(deps, { type: 'mail', input: {} })
    await run(deps)
    expect(await jobOf(deps, free.id)).toMatchObject({ state: 'COMPLETED' })
    expect(units()).toBe(5)
    await client.queues.limit('default', { concurrency: 1 })
    const knowing = engines.deps(runner)
    // The first makes the gate: DynamoDB bills its refused first try as well, which no answer shows.
    for (let n = 0; n < 2; n += 1) {
      units()
      const { id } = await enqueue(knowing, { type: 'news', input: {} })
      await run(knowing)
      expect(await jobOf(knowing, id)).toMatchObject({ state: 'COMPLETED', gate: '/default' })
      expect(units()).toBe(8)
    }
  })

  it('is limited, and that has to wait: 16', async () => {
    const deps = engines.deps(runner)
    const permit = { by: 'held by a test', until: Date.now() + 86_400_000 }
    const taking = takeIfFree({ jobId: 'a job of a test', permit, max: 1, now: Date.now() })
    await deps.records.update([{ key: gateKey('/default'), change: taking }])
    units()
    const { id } = await enqueue(deps, { type: 'mail', input: {} })
    await run(deps)
    expect(await jobOf(deps, id)).toMatchObject({ state: 'AVAILABLE', gate: '/default' })
    const parked = units()
    await deps.records.update([{ key: gateKey('/default'), change: freeIfSeen('a job of a test', permit) }])
    units()
    expect(await handOn(deps, '/default')).toBe(1)
    await run(deps)
    expect(await jobOf(deps, id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
    const [refusedTry, row] = [1, 2]
    expect(refusedTry + parked + units()).toBe(16 + row)
  })
})

/** What a worker that has just read the control record, and one that has read it five seconds ago, may both know. */
const knownWithinMs = 5_500

it('limited, raised, lowered and freed while jobs run and wait: never more at once than it says, and each act on record', {
  timeout: 120_000,
}, async () => {
  const deps = engines.deps(runner)
  await client.queues.limit('default', null)
  while ((await run(deps, 0)) > 0) {
    // What the tests before have left.
  }
  const since = new Date()
  engines.events.length = 0
  starts.length = 0
  const ids: string[] = []
  const add = async (count: number, delay: `${number}s`) => {
    const requests = Array.from({ length: count }, (_, n) => ({
      type: n % 2 === 0 ? 'mail' : 'news',
      input: { ms: 300 },
      delay,
    }))
    for (const outcome of await enqueueMany(deps, requests)) if (outcome.kind === 'enqueued') ids.push(outcome.id)
  }
  await add(20, '0s')
  // They come when their queue has a limit, and know of none.
  await add(240, '7s')
  const completed = () => engines.events.filter(({ name }) => name === 'job_completed').length
  const endAt = Date.now() + 100_000
  // Each with a control record of its own, as processes have.
  const workers = Array.from({ length: 4 }, async () => {
    const own = engines.deps(runner)
    while (completed() < ids.length && Date.now() < endAt) await run(own, 1).catch(() => 0)
  })
  const ticks = async () => {
    while (completed() < ids.length && Date.now() < endAt) {
      await pause(5_000)
      await tick(deps, Date.now() + 60_000).catch(() => undefined)
    }
  }
  const acts = async () => {
    await pause(1_000)
    expect(mostSince(0)).toBeGreaterThan(3)
    for (const concurrency of [2, 3, 1]) {
      expect(await client.queues.limit('default', { concurrency })).toEqual({ kind: 'limited', limit: { concurrency } })
      const at = Date.now()
      await pause(knownWithinMs + 3_000)
      expect(mostSince(at + knownWithinMs)).toBeGreaterThan(0)
      expect(mostSince(at + knownWithinMs)).toBeLessThanOrEqual(concurrency)
      expect(completed()).toBeLessThan(ids.length)
    }
    expect(await client.queues.limit('default', null)).toEqual({ kind: 'limited' })
  }
  await Promise.all([...workers, ticks(), acts()])
  expect(completed()).toBe(ids.length)
  const jobs = await deps.store.get(ids)
  expect(jobs.filter(job => job?.state === 'COMPLETED' && job.attempt === 1)).toHaveLength(ids.length)
  const { acts: noted } = await client.audit({ queue: 'default', from: since.toISOString() })
  const limits = noted.filter(({ act }) => act === 'limit').map(({ actor, options }) => [actor, options])
  expect(limits).toEqual(
    [null, { concurrency: 1 }, { concurrency: 3 }, { concurrency: 2 }].map(limit => ['on call', { limit }]),
  )
})

import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createHttpApp } from '../../lib/http/app.ts'
import type { Mappings } from '../../lib/ports/mappings.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const work = defineJob({ type: 'work', input: v.unknown() })
const runnerOf = (concurrency: number) =>
  defineRunner({ jobs: [work], queues: { default: { concurrency, batchSize: 1 } } })

function kit(run: (test: TestRunner) => unknown = () => undefined): TestRunner {
  const test: TestRunner = createTestRunner({
    runner: runnerOf(10),
    handlers: [handle(work, () => run(test))],
    startAt,
  })
  return test
}

const concurrency = async (test: TestRunner) => (await test.queues.get('default'))?.concurrency

/** Counts what Lambda is asked. */
function counted(test: TestRunner, change: Partial<Mappings> = {}) {
  const asked: string[] = []
  const mappings: Mappings = {
    read: queue => {
      asked.push('read')
      return change.read?.(queue) ?? test.mappings.read(queue)
    },
    update: (queue, what) => {
      asked.push(`update ${JSON.stringify(what)}`)
      return change.update?.(queue, what) ?? test.mappings.update(queue, what)
    },
  }
  return { asked, deps: { ...test.deps, mappings } }
}

describe('concurrency at run time', () => {
  it('holds over what the code says: so many batches run at the same time', async () => {
    let [running, most] = [0, 0]
    const test = kit(async kitOf => {
      running += 1
      most = Math.max(most, running)
      await kitOf.clock.sleep(10_000)
      running -= 1
    })
    expect(await test.queues.scale('default', 25)).toEqual({ kind: 'scaled', concurrency: 25, code: 10 })
    await test.enqueueMany(Array.from({ length: 100 }, (_, n) => test.job(work, n)))
    await test.drain('1h')
    expect(most).toBe(25)
    expect(await concurrency(test)).toEqual({
      value: 25,
      code: 10,
      mapping: 25,
      by: 'api',
      at: new Date(startAt).toISOString(),
    })
  })

  it('is reset to what the code says; the entry goes once the mapping has it', async () => {
    const test = kit()
    await test.queues.scale('default', 40)
    expect(await test.queues.scale('default', null)).toEqual({ kind: 'scaled', concurrency: 10, code: 10 })
    expect(await concurrency(test)).toEqual({ value: 10, code: 10, mapping: 10 })
    await test.tick()
    const [control] = await test.records.get([{ id: '#control', part: 'control' }])
    expect(control?.attributes['concurrency']).toEqual({})
    expect(await test.queues.scale('default', null)).toMatchObject({ kind: 'already' })
  })

  it('the same again is no change', async () => {
    const test = kit()
    await test.queues.scale('default', 40)
    expect(await test.queues.scale('default', 40)).toEqual({ kind: 'already', concurrency: 40, code: 10 })
    expect(test.events.filter(({ name }) => name === 'queue_scaled')).toHaveLength(1)
  })

  it('a deploy that puts the mapping back is noticed by the next tick', async () => {
    const test = kit()
    await test.queues.scale('default', 40)
    await test.mappings.update('default', { concurrency: 10 })
    await test.tick()
    expect(test.mappings.of('default').concurrency).toBe(40)
  })

  it('a deploy that changes the code’s number ends it, and says so', async () => {
    const test = kit()
    await test.queues.scale('default', 40)
    await tick({ ...test.deps, runner: runnerOf(20) }, test.clock.now() + 60_000)
    expect(test.mappings.of('default').concurrency).toBe(20)
    expect(test.events.at(-1)).toMatchObject({ name: 'tick' })
    expect(test.events).toContainEqual({
      name: 'queue_scaled',
      queue: 'default',
      concurrency: 20,
      code: 20,
      wasDeployed: true,
    })
    expect(await concurrency(test)).toMatchObject({ value: 10, code: 10 })
  })

  it.each([1, 0, 1_001, 2.5, '40', Number.NaN])('refuses %j, and writes nothing', async wrong => {
    const test = kit()
    await expect(test.queues.scale('default', wrong as number)).rejects.toThrow('a whole number from 2 to 1000')
    expect(test.events).toEqual([])
  })

  it('of a queue that there is not', async () => {
    expect(await kit().queues.scale('nowhere', 40)).toEqual({ kind: 'notFound', known: ['default'] })
  })
})

describe('the mapping of a queue', () => {
  it('is switched off with a pause, and on with its end; the list and explain say it', async () => {
    const test = kit()
    await test.queues.pause('default')
    expect(await test.queues.get('default')).toMatchObject({ mapping: 'Disabled' })
    await test.queues.resume('default')
    expect(await test.queues.get('default')).toMatchObject({ mapping: 'Enabled' })
    await test.mappings.update('default', { isEnabled: false })
    const { id } = await test.enqueue(work, 1, { delay: '1h' })
    expect((await test.explain(id))?.reasons[0]).toMatchObject({ code: 'mapping_disabled' })
  })

  it('a pause holds without it: Lambda does not answer, and no message starts a job', async () => {
    const test = kit()
    const refuses = () => Promise.reject(new Error('ResourceInUseException'))
    const { deps } = counted(test, { update: refuses })
    const app = createHttpApp(deps, () => {})
    const headers = { 'content-type': 'application/json' }
    const patch = { method: 'PATCH', headers, body: '{"paused":{}}' }
    expect((await app.fetch(new Request('http://x/v1/queues/default', patch))).status).toBe(200)
    expect(test.events).toContainEqual({ name: 'mapping_failed', queue: 'default', error: expect.any(String) })
    await test.enqueue(work, 1)
    await test.advance('4m')
    expect(test.events.filter(({ name }) => name === 'job_started')).toEqual([])
    // The next tick has switched it off.
    expect(test.mappings.of('default').state).toBe('Disabled')
  })

  it('costs no request where nobody paused or scaled; an hour after a resume neither', async () => {
    const test = kit()
    const { asked, deps } = counted(test)
    await tick(deps, test.clock.now() + 60_000)
    expect(asked).toEqual([])
    await test.queues.pause('default')
    await tick(deps, test.clock.now() + 60_000)
    expect(asked).toEqual(['read'])
    await test.queues.resume('default')
    await test.advance('61m')
    asked.length = 0
    await tick(deps, test.clock.now() + 60_000)
    expect(asked).toEqual([])
  })

  it('that cannot be read stops no tick', async () => {
    const test = kit()
    await test.queues.pause('default')
    const { deps } = counted(test, { read: () => Promise.reject(new Error('throttled')) })
    expect(await tick(deps, test.clock.now() + 60_000)).toMatchObject({ isComplete: true })
    expect(await createHttpApp(deps, () => {}).fetch(new Request('http://x/v1/queues'))).toHaveProperty('status', 200)
  })
})

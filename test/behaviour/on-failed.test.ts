/** `onFailed`: what fails for good has a job of its own, whoever ends it. */
import { describe, expect, it } from 'vitest'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import type { FailedJob } from '../../lib/core/definition/failed-job.ts'
import { FailForGood } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { failureJobId } from '../../lib/core/job/ids.ts'
import type { Job } from '../../lib/core/job/job.ts'
import type { TestRunner } from '../../lib/testing.ts'
import { crashAfterStart } from '../support/crashed.ts'

import { kitOf, no, type Options, type Output } from '../support/on-failed-kit.ts'

const byText = (a: string, b: string): number => a.localeCompare(b)

/** Every way into FAILED. */
const ways: readonly {
  readonly way: string
  readonly run: (kit: ReturnType<typeof kitOf>) => Promise<string>
  readonly handling?: (ctx: RunContext) => unknown
  readonly more?: Options
  readonly error: string
  readonly attempts: number
}[] = [
  {
    way: 'its last attempt throws',
    run: async ({ enqueue }) => (await enqueue()).id,
    error: 'Error',
    attempts: 2,
  },
  {
    way: 'it throws FailForGood',
    handling: () => {
      throw new FailForGood('stolen card')
    },
    run: async ({ enqueue }) => (await enqueue()).id,
    error: 'FailForGood',
    attempts: 1,
  },
  {
    way: 'its last attempt is over time',
    handling: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    more: { maxAttempts: 1, timeout: '1s' },
    run: async ({ enqueue }) => (await enqueue()).id,
    error: 'TimedOut',
    attempts: 1,
  },
  {
    way: 'it snoozes too often',
    handling: ctx => ctx.snooze('10s'),
    more: { maxSnoozes: 1 },
    run: async ({ enqueue }) => (await enqueue()).id,
    error: 'TooManySnoozes',
    attempts: 2,
  },
  {
    way: 'its worker crashes in its last attempt, and a message takes over',
    more: { maxAttempts: 1 },
    run: async ({ enqueue, kit }) => {
      const { id } = await enqueue()
      await crashAfterStart(kit)
      return id
    },
    error: 'Crashed',
    attempts: 1,
  },
  {
    way: 'its worker crashes in its last attempt, and its message is lost',
    more: { maxAttempts: 1 },
    run: async ({ enqueue, kit }) => {
      const { id } = await enqueue()
      await crashAfterStart(kit, 'dead', true)
      return id
    },
    error: 'Crashed',
    attempts: 1,
  },
  {
    way: 'no attempt is left as it waits',
    run: async ({ enqueue, kit }) => {
      const { id } = await enqueue()
      const stored = kit.store.read(id) as Job
      kit.store.put({ ...stored, attempt: 2, attemptsLeft: 0 })
      return id
    },
    error: 'OutOfAttempts',
    attempts: 2,
  },
]

describe.each(ways)('$way', ({ run, handling = no, more = {}, error, attempts }) => {
  it('FAILED, and one job follows, linked both ways', async () => {
    const all = kitOf(handling, { more })
    const id = await run(all)
    await all.kit.drain()
    expect(all.made).toHaveLength(1)
    expect(all.made[0]).toMatchObject({
      id,
      type: 'charge',
      generation: 1,
      attempts,
      error: { name: error },
      input: { order: 'o1', cents: '42' },
      storedInput: { order: 'o1', cents: 42 },
    })
    const [follower] = all.followers()
    const life = all.kit.store.read(id)?.life
    expect(follower).toMatchObject({ id: failureJobId(`${life}#1#${id}`), state: 'COMPLETED', depth: 1 })
    expect(await all.kit.get(id)).toMatchObject({ state: 'FAILED', onFailed: follower?.id })
    expect(await all.kit.get(follower?.id ?? '')).toMatchObject({ failureOf: { id, generation: 1 } })
    const { reasons } = (await all.kit.explain(id)) as unknown as {
      readonly reasons: readonly { readonly text: string }[]
    }
    expect(reasons[0]?.text).toContain(`Job ${follower?.id} follows it (onFailed).`)
  })
})

describe('an input that its schema refuses', () => {
  it('follows all the same, without what the schema would have made of it', async () => {
    const { kit, made, enqueue } = kitOf(no)
    const { id } = await enqueue()
    kit.store.put({ ...(kit.store.read(id) as Job), input: '{"order":7}' })
    await kit.drain()
    expect(made).toMatchObject([{ id, attempts: 1, error: { name: 'FailForGood' }, storedInput: { order: 7 } }])
    expect(made[0]?.input).toBeUndefined()
  })

  it('that is no JSON is handed on as text', async () => {
    const { kit, made, enqueue } = kitOf(no)
    const { id } = await enqueue()
    kit.store.put({ ...(kit.store.read(id) as Job), input: 'no "JSON"' })
    await kit.drain()
    expect(made).toMatchObject([{ id, storedInput: 'no "JSON"' }])
  })
})

describe('no failure', () => {
  it.each([
    ['completed', () => ({ done: true }), async () => {}],
    ['cancelled as it waits', no, async (kit: TestRunner, id: string) => void (await kit.cancel(id))],
    [
      'cancelled as it runs',
      async ({ job, signal }: RunContext, kit: TestRunner) => {
        await kit.cancel(job.id)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
      },
      async () => {},
    ],
  ] as const)('%s: nothing follows', async (_, handling, act) => {
    const { kit, enqueue, followers } = kitOf(handling)
    const { id } = await enqueue({ delay: '5s' })
    await act(kit, id)
    await kit.drain()
    expect(['COMPLETED', 'CANCELLED']).toContain((await kit.get(id))?.state)
    expect(followers()).toEqual([])
    expect(await kit.get(id)).not.toHaveProperty('onFailed')
  })

  it('expired: nothing follows', async () => {
    const { kit, enqueue, followers } = kitOf(no)
    const { id } = await enqueue({ startBy: '30s' })
    // Its only message is lost.
    kit.queue.delete('default', kit.queue.receive('default', 1, 1_000)[0]?.receipt ?? '')
    await kit.drain()
    expect([(await kit.get(id))?.code, followers()]).toEqual(['expired', []])
  })
})

describe('again', () => {
  it('a requeued job fails again: its second generation has a job of its own, and names it', async () => {
    const { kit, made, enqueue, followers } = kitOf(no)
    const { id } = await enqueue()
    await kit.drain()
    const first = (await kit.get(id))?.onFailed
    await kit.requeue(id)
    expect(await kit.get(id)).not.toHaveProperty('onFailed')
    await kit.drain()
    const second = (await kit.get(id))?.onFailed
    expect(second).not.toBe(first)
    expect(made.map(({ generation }) => generation)).toEqual([1, 2])
    expect(
      followers()
        .map(job => job.id)
        .toSorted(byText),
    ).toEqual([first ?? '', second ?? ''].toSorted(byText))
  })

  it('edited to AVAILABLE: the next generation', async () => {
    const { kit, made, enqueue } = kitOf(no)
    const { id } = await enqueue()
    await kit.drain()
    kit.store.put({ ...(kit.store.read(id) as Job), state: 'AVAILABLE' })
    await startAvailable(kit.deps, [kit.store.read(id) as Job])
    await kit.drain()
    expect(made.map(({ generation }) => generation)).toEqual([1, 2])
  })

  it('edited back within its generation: it fails once more, and nothing more follows', async () => {
    const { kit, made, enqueue } = kitOf(no)
    const { id } = await enqueue()
    const before = kit.store.read(id) as Job
    await kit.drain()
    kit.store.put({ ...before, attempt: 2, attemptsLeft: 0 })
    await kit.drain()
    expect(await kit.get(id)).toMatchObject({ state: 'FAILED', generation: 1 })
    expect(made).toHaveLength(1)
  })

  it('an id that came back after a delete: another life, another job', async () => {
    const { kit, made, enqueue } = kitOf(no)
    const { id } = await enqueue({ idempotencyKey: 'k' })
    await kit.drain()
    await kit.advance('5m')
    await kit.delete(id)
    expect((await enqueue({ idempotencyKey: 'k' })).id).toBe(id)
    await kit.drain()
    expect(made.map(one => [one.id, one.generation])).toEqual([
      [id, 1],
      [id, 1],
    ])
  })

  it('a bulk retry of failed jobs', async () => {
    const { kit, made, enqueue } = kitOf(no)
    for (let n = 0; n < 3; n += 1) await enqueue()
    await kit.drain()
    await kit.bulk.start({ action: 'retry', filter: { queue: 'default' }, rate: 1_000 })
    await kit.drain()
    expect(made.map(({ generation }) => generation).toSorted((a, b) => a - b)).toEqual([1, 1, 1, 2, 2, 2])
  })
})

describe('beside what else may follow', () => {
  it('the next job of a unique key begins as well', async () => {
    const inputs: number[] = []
    const { kit, made, charge } = kitOf(
      ({ job }) => {
        inputs.push(job.generation)
        if (job.generation === 1) no()
      },
      { more: { maxAttempts: 1, unique: { key: ({ order }) => order, onConflict: 'again' } } },
    )
    const { id } = await kit.enqueue(charge, { order: 'o1', cents: 1 })
    await crashAfterStart(kit)
    expect(await kit.enqueue(charge, { order: 'o1', cents: 2 })).toMatchObject({ id, action: 'queuedBehind' })
    await kit.drain()
    expect(made).toMatchObject([{ id, generation: 1, storedInput: { order: 'o1', cents: 1 } }])
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2, input: { order: 'o1', cents: 2 } })
  })

  it('a place in a gate is free again', async () => {
    const { kit, made, enqueue } = kitOf(no, {
      more: { maxAttempts: 1, limit: { key: ({ order }) => order, concurrency: 1 } },
    })
    for (let n = 0; n < 3; n += 1) await enqueue()
    await kit.drain()
    expect(made).toHaveLength(3)
  })

  it('what follows has the limit and the tenant of its own contract', async () => {
    const follower = {
      limit: { key: ({ input }: FailedJob<Output>) => input?.order ?? 'none', concurrency: 1 },
      tenant: ({ input }: FailedJob<Output>) => input?.order,
    } as object
    const { kit, enqueue, followers } = kitOf(no, { follower })
    await enqueue()
    await kit.drain()
    expect(followers()).toMatchObject([{ gate: 'charge-failed/o1', tenant: 'o1', state: 'COMPLETED' }])
  })

  it('a function of its contract that throws keeps nobody from failing', async () => {
    const follower = { tenant: () => no() } as object
    const { kit, enqueue, made } = kitOf(no, { follower })
    const { id } = await enqueue()
    await kit.drain()
    expect([(await kit.get(id))?.state, made.length]).toEqual(['FAILED', 1])
  })

  it('a retry carries the context on', async () => {
    const { kit, enqueue, followers } = kitOf(no)
    await enqueue({ context: { baggage: { shop: 's1' } } })
    await kit.drain()
    expect(followers()[0]?.context).toContain('s1')
  })
})

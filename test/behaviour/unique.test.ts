/** Unique keys: every cell of the table in docs/guides/unique.md, and what becomes of the job that follows. */
import { describe, expect, it } from 'vitest'
import { FailForGood } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { OnConflict, UniqueOptions } from '../../lib/core/definition/unique.ts'
import { crashAfterStart } from '../support/crashed.ts'
import { type Handling, kitOf, reindex } from '../support/unique-kit.ts'

const acts: readonly OnConflict[] = ['return', 'refuse', 'replace', 'again']
const conflict = { code: 'unique_conflict' }

describe('a job that has ended', () => {
  it.each(acts)('%s: its next generation, with nothing of the last', async onConflict => {
    const { kit, ran, ask } = kitOf(n => (n === 1 ? Promise.reject(new FailForGood('no')) : { n }))
    const first = await ask(1, { onConflict }, { tags: ['old'], priority: 5, startBy: '1h' })
    await kit.drain()
    expect(await kit.get(first.id)).toMatchObject({ state: 'FAILED' })
    const second = await ask(2, { onConflict })
    expect(second).toMatchObject({ id: first.id, created: true, action: 'created', generation: 2, state: 'RESERVED' })
    const stored = kit.store.read(first.id)
    for (const name of ['error', 'why', 'finishedAt', 'ttl', 'owner', 'tags', 'priority', 'startBy'] as const) {
      expect([name, stored?.[name]]).toEqual([name, undefined])
    }
    await kit.drain()
    expect(ran).toEqual([1, 2])
    expect(await kit.get(first.id)).toMatchObject({ state: 'COMPLETED', result: { n: 2 }, generation: 2, attempt: 1 })
  })

  it('in the same window: it is there, whatever became of it', async () => {
    const { kit, ran, ask } = kitOf()
    const { id } = await ask(1, { window: '1h' })
    await kit.drain()
    expect(await ask(2, { window: '1h' })).toMatchObject({ id, action: 'existing', created: false, state: 'COMPLETED' })
    await expect(ask(2, { window: '1h', onConflict: 'refuse' })).rejects.toMatchObject(conflict)
    await kit.advance('1h')
    const next = await ask(3, { window: '1h' })
    expect(next).toMatchObject({ action: 'created', generation: 1 })
    expect(next.id).not.toBe(id)
    await kit.drain()
    expect(ran).toEqual([1, 3])
  })
})

describe.each(['done', 'started'] as const)('a job that waits, until %s', until => {
  it('return and again: it is that job', async () => {
    const { kit, ran, ask } = kitOf()
    const { id } = await ask(1, { until }, { delay: '5m' })
    for (const onConflict of ['return', 'again'] as const) {
      expect(await ask(2, { until, onConflict })).toMatchObject({
        id,
        action: 'existing',
        created: false,
        generation: 1,
      })
    }
    await kit.drain()
    expect(ran).toEqual([1])
  })

  it('refuse: UniqueConflict, which names job, state and key', async () => {
    const { ask } = kitOf()
    const { id } = await ask(1, { until }, { delay: '5m' })
    await expect(ask(2, { until, onConflict: 'refuse' })).rejects.toMatchObject({
      ...conflict,
      id,
      state: 'SCHEDULED',
      key: 'a42',
    })
  })

  it('replace: it has the new input, time and options; one message was sent', async () => {
    const { kit, ran, ask } = kitOf()
    const { id } = await ask(1, { until, onConflict: 'replace' }, { delay: '30s', tags: ['a'] })
    await kit.advance('10s')
    expect(await ask(2, { until, onConflict: 'replace' }, { delay: '30s', priority: 3 })).toMatchObject({
      id,
      action: 'replaced',
      created: false,
      generation: 1,
    })
    await kit.advance('29s')
    expect(ran).toEqual([])
    await kit.advance('2s')
    expect(ran).toEqual([2])
    expect(kit.events.filter(({ name }) => name === 'job_dispatched')).toEqual([])
    expect(kit.store.read(id)).toMatchObject({ priority: 3 })
    expect(kit.store.read(id)).not.toHaveProperty('tags')
  })
})

describe('a job that has started', () => {
  /** Asks while the first run is at work. */
  async function askedDuring(unique: UniqueOptions, more: Handling = () => undefined) {
    const answers: unknown[] = []
    const { kit, ran, ask } = kitOf(async (n, ctx, within) => {
      if (n === 1) {
        for (const m of [2, 3]) {
          answers.push(
            await within.enqueue(reindex, { account: 'a42', n: m }, { unique }).then(
              ({ action, generation }) => ({ action, generation }),
              (error: { code: string }) => error.code,
            ),
          )
        }
      }
      return more(n, ctx, within)
    })
    const { id } = await ask(1)
    await kit.drain()
    return { kit, ran, answers, id }
  }
  const behind = { action: 'queuedBehind', generation: 2 }
  const existing = { action: 'existing', generation: 1 }

  it.each([
    ['return', 'done', [existing, existing], [1]],
    ['refuse', 'done', ['unique_conflict', 'unique_conflict'], [1]],
    ['replace', 'done', [existing, existing], [1]],
    ['again', 'done', [behind, behind], [1, 3]],
    ['return', 'started', [behind, existing], [1, 2]],
    ['refuse', 'started', [behind, 'unique_conflict'], [1, 2]],
    ['replace', 'started', [behind, { action: 'replaced', generation: 1 }], [1, 3]],
    ['again', 'started', [behind, behind], [1, 3]],
  ] as const)('%s, until %s', async (onConflict, until, expected, runs) => {
    const { ran, answers, kit, id } = await askedDuring({ onConflict, until })
    expect(answers).toEqual(expected)
    expect(ran).toEqual(runs)
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', generation: runs.length })
    expect(kit.store.read(id)).not.toHaveProperty('next')
    expect(kit.store.read(id)?.lane).toBeUndefined()
    expect(kit.store.read(id)?.ttl).toBeDefined()
  })

  it.each([
    ['fails for good', () => Promise.reject(new FailForGood('no'))],
    ['commits', async (_: number, ctx: RunContext) => ctx.commit([])],
  ] as const)('%s: what is to follow follows, after it', async (_, first) => {
    const { ran, kit, id } = await askedDuring({ onConflict: 'again' }, (n, ctx, within) =>
      n === 1 ? (first as Handling)(n, ctx, within) : undefined,
    )
    expect(ran).toEqual([1, 3])
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2 })
  })

  it('between two attempts it has started, too', async () => {
    const { kit, ran, ask } = kitOf((n, { attempt }) =>
      n === 1 && attempt === 1 ? Promise.reject(new Error('once more')) : undefined,
    )
    const { id } = await ask(1)
    await kit.advance('1s')
    expect(await kit.get(id)).toMatchObject({ state: 'RETRY' })
    expect(await ask(2, { onConflict: 'replace' })).toMatchObject({ action: 'existing' })
    expect(await ask(3, { onConflict: 'again' })).toMatchObject({ action: 'queuedBehind', generation: 2 })
    await kit.drain()
    expect(ran).toEqual([1, 1, 3])
  })

  it('its worker crashes for good: the sweeper ends it, and begins what follows', async () => {
    const { kit, ran, ask } = kitOf()
    const { id } = await ask(1, undefined, { maxAttempts: 1 })
    await crashAfterStart(kit, id)
    await ask(2, { onConflict: 'again' })
    await kit.drain()
    expect(ran).toEqual([2])
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2 })
  })

  it('its worker dies between its end and what follows: the sweeper begins it', async () => {
    const { kit, ran, ask, flaky } = kitOf(async (n, _, within) => {
      if (n === 1) await within.enqueue(reindex, { account: 'a42', n: 2 }, { unique: { onConflict: 'again' } })
    })
    await ask(1)
    for (let times = 0; times < 2; times += 1) flaky().breakNext('beginNextIfEnded', 'failed')
    await kit.drain()
    expect(ran).toEqual([1, 2])
  })

  it('cancelled as it waits: what follows runs; or not, if that is asked for', async () => {
    for (const alsoNext of [false, true]) {
      const { kit, ran, ask } = kitOf((n, { attempt }) =>
        n === 1 && attempt === 1 ? Promise.reject(new Error('once more')) : undefined,
      )
      const { id } = await ask(1)
      await kit.advance('1s')
      await ask(2, { onConflict: 'again' })
      expect(await kit.cancel(id, { alsoNext })).toEqual({ kind: 'cancelled' })
      await kit.drain()
      expect(ran).toEqual(alsoNext ? [1] : [1, 2])
      expect(await kit.get(id)).toMatchObject(
        alsoNext ? { state: 'CANCELLED', generation: 1 } : { state: 'COMPLETED', generation: 2 },
      )
      expect(kit.store.read(id)).not.toHaveProperty('next')
    }
  })

  it.each([false, true])('cancelled as it runs, what follows too: %s', async alsoNext => {
    const { ran, kit, id } = await askedDuring({ onConflict: 'again' }, async (n, { signal }, within) => {
      if (n !== 1) return
      await within.cancel(within.store.all()[0]?.id ?? '', { alsoNext })
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    })
    expect(ran).toEqual(alsoNext ? [1] : [1, 3])
    expect(await kit.get(id)).toMatchObject({ state: alsoNext ? 'CANCELLED' : 'COMPLETED' })
  })
})

describe('debounce', () => {
  it('of 100 events: the last input, one message, at most 110 writes', async () => {
    const { kit, ran, ask } = kitOf()
    let sent = 0
    const send = kit.queue.send.bind(kit.queue)
    kit.queue.send = (queue, messages) => {
      sent += messages.length
      return send(queue, messages)
    }
    for (let n = 1; n <= 100; n += 1) {
      await ask(n, { onConflict: 'replace' }, { delay: '30s' })
      await kit.advance('100ms')
    }
    await kit.drain()
    expect(ran).toEqual([100])
    expect(sent).toBe(1)
  })

  it('maxWait bounds how long the job is put off', async () => {
    const { kit, ran, ask } = kitOf()
    const unique = { onConflict: 'replace', maxWait: '1m' } as const
    for (let n = 1; n <= 7; n += 1) {
      await ask(n, unique, { delay: '30s' })
      await kit.advance('10s')
    }
    expect(ran).toEqual([6])
  })

  it('an earlier time gets a message of its own', async () => {
    const { kit, ran, ask } = kitOf()
    await ask(1, { onConflict: 'replace' }, { delay: '2h' })
    expect(await ask(2, { onConflict: 'replace' })).toMatchObject({ action: 'replaced', state: 'RESERVED' })
    await kit.advance('1s')
    expect(ran).toEqual([2])
    await kit.drain()
    expect(ran).toEqual([2])
  })

  it.each(['2h', '20m', '16m'] as const)('put off to %s from minutes: it runs then', async delay => {
    const { kit, ran, ask } = kitOf()
    const { id } = await ask(1, { onConflict: 'replace' }, { delay: '10m' })
    await kit.advance('9m')
    await ask(2, { onConflict: 'replace' }, { delay })
    await kit.drain()
    expect(ran).toEqual([2])
    const { startedAt = 0, scheduledAt = 0 } = kit.store.read(id) ?? {}
    expect(startedAt - scheduledAt).toBeLessThanOrEqual(2_000)
    expect(startedAt).toBeGreaterThanOrEqual(scheduledAt - 1_000)
  })
})

describe('many at once', () => {
  it('of one key in one call: the first is made, the others are told', async () => {
    const { kit, ran } = kitOf()
    const outcomes = await kit.enqueueMany(
      Array.from({ length: 250 }, (_, n) => kit.job(reindex, { account: n < 240 ? 'a' : `b${n}`, n })),
    )
    expect(outcomes.filter(one => one.kind === 'enqueued' && one.created)).toHaveLength(11)
    expect(new Set(outcomes.map(one => (one.kind === 'enqueued' ? one.id : '')))).toHaveProperty('size', 11)
    await kit.drain()
    expect(ran).toHaveLength(11)
  })

  it.each(['executedThenFailed', 'executedThenRefused'] as const)(
    'an answer that is lost, %s: one job, created, run once',
    async fault => {
      const { kit, ran, ask, flaky } = kitOf()
      flaky().breakNext('insert', fault)
      const asking = ask(1)
      await kit.advance('2s')
      expect(await asking).toMatchObject({ action: 'created' })
      await kit.drain()
      flaky().breakNext('renewIfEnded', fault)
      const again = ask(2)
      await kit.advance('2s')
      expect(await again).toMatchObject({ action: 'created', generation: 2 })
      await kit.drain()
      expect(ran).toEqual([1, 2])
    },
  )
})

import { describe, expect, it } from 'vitest'
import { FailForGood, InputRefused, JobTooLarge } from '../../lib/index.ts'
import { crashAfterStart } from '../support/crashed.ts'
import { runnerWith } from '../support/jobs.ts'

describe('cancel', () => {
  it('of a waiting job ends it at once; its message starts nothing', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '30s' })
    expect(await test.cancel(id)).toEqual({ kind: 'cancelled' })
    await test.advance('5m')
    expect(starts).toHaveLength(0)
    expect(await test.get(id)).toMatchObject({ state: 'CANCELLED' })
    expect(test.store.read(id)?.lane).toMatch(/^default#cancelled#\d+$/)
    expect(test.queue.nextVisibleAt('default')).toBeUndefined()
  })

  it('of a running job aborts its signal within the watch interval, and no attempt follows (T18)', async () => {
    let abortedAt = 0
    const { test, work, starts } = runnerWith((_, ctx) =>
      test.clock.sleep(50_000, ctx.signal).then(() => {
        abortedAt = test.clock.now()
        ctx.signal.throwIfAborted()
      }),
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    const askedAt = test.clock.now()
    expect(await test.cancel(id)).toEqual({ kind: 'cancelRequested' })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'CANCELLED', attempt: 1 })
    expect(abortedAt - askedAt).toBeLessThanOrEqual(5_000)
    expect(starts).toHaveLength(1)
  })

  it('of a running job that then completes leaves it COMPLETED: the work was done', async () => {
    const { test, work } = runnerWith(() => test.clock.sleep(3_000).then(() => 'done'))
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    await test.cancel(id)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'done' })
  })

  it('of a running job that then fails allows no retry', async () => {
    const { test, work, starts } = runnerWith(async () => {
      await test.clock.sleep(5_000)
      throw new Error('would be tried again')
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    await test.cancel(id)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'CANCELLED' })
    expect(starts).toHaveLength(1)
  })

  it.each([false, true])('of a job whose worker died ends it when the lease is over (message lost: %s)', async lost => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    await crashAfterStart(test, 'dead-worker', lost)
    expect(await test.cancel(id)).toEqual({ kind: 'cancelRequested' })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'CANCELLED' })
    expect(starts).toHaveLength(0)
  })

  it('of a job that has ended, or of none, changes nothing and says so', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.cancel(id)).toMatchObject({ kind: 'notPossible', state: 'COMPLETED' })
    expect(await test.cancel('nobody')).toEqual({ kind: 'notFound' })
  })
})

describe('requeue', () => {
  it('of a failed job runs it again as a new generation with all attempts, and forgets its end', async () => {
    let isBroken = true
    const { test, work } = runnerWith(
      () => {
        if (isBroken) throw new Error('broken')
        return 'fine'
      },
      { maxAttempts: 2 },
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', attempt: 2 })
    isBroken = false
    expect(await test.requeue(id)).toEqual({ kind: 'placed', state: 'RESERVED' })
    const requeued = test.store.read(id)
    expect(requeued).toMatchObject({ attempt: 0, attemptsLeft: 2, generation: 2 })
    for (const name of ['ttl', 'finishedAt', 'owner', 'leaseUntil']) expect(requeued).not.toHaveProperty(name)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'fine', generation: 2, attempt: 1 })
  })

  it('takes a time, near or far', async () => {
    for (const delay of ['30s', '2h'] as const) {
      const { test, work, starts } = runnerWith(() => undefined)
      const { id } = await test.enqueue(work, { n: 1 })
      await test.drain()
      const dueAt = test.clock.now() + (delay === '30s' ? 30_000 : 7_200_000)
      expect(await test.requeue(id, { delay })).toEqual({ kind: 'placed', state: 'SCHEDULED' })
      await test.drain()
      expect(starts).toHaveLength(2)
      expect(starts[1]).toBeGreaterThanOrEqual(dueAt)
      expect(starts[1]).toBeLessThanOrEqual(dueAt + 1_100)
    }
  })

  it('takes another input, checked as at enqueue; a refused one changes nothing', async () => {
    const inputs: unknown[] = []
    const { test, work } = runnerWith(input => {
      inputs.push(input)
      if (inputs.length === 1) throw new FailForGood('bad input')
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    const before = test.store.read(id)
    await expect(test.requeue(id, { input: { n: 'two' } })).rejects.toThrow(InputRefused)
    await expect(test.requeue(id, { input: { n: 2, text: 'x'.repeat(400_000) } })).rejects.toThrow(JobTooLarge)
    expect(test.store.read(id)).toEqual(before)
    expect(await test.requeue(id, { input: { n: 2 } })).toEqual({ kind: 'placed', state: 'RESERVED' })
    await test.drain()
    expect(inputs).toEqual([{ n: 1 }, { n: 2 }])
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', input: { n: 2 }, generation: 2 })
  })

  it('with another input needs a job that has ended', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
    // The state counts first: the input of a job that cannot be requeued is nobody's concern.
    expect(await test.requeue(id, { input: { n: 'two' } })).toEqual({
      kind: 'notPossible',
      state: 'SCHEDULED',
      why: 'only a job that has ended can be requeued',
      possible: ['cancel', 'run', 'reschedule', 'delete'],
    })
    expect(await test.get(id)).toMatchObject({ state: 'SCHEDULED', input: { n: 1 } })
  })

  it('of a job that lives is refused', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
    expect(await test.requeue(id)).toMatchObject({ kind: 'notPossible', state: 'SCHEDULED' })
  })
})

describe('reschedule and run now', () => {
  it('bring a far-off job forward; the old time starts nothing', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '2h' })
    expect(await test.runNow(id)).toEqual({ kind: 'placed', state: 'RESERVED' })
    await test.advance('3h')
    expect(starts).toHaveLength(1)
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it('push a job back; the message that is already on its way starts nothing early', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '30s' })
    const dueAt = test.clock.now() + 3_600_000
    await test.reschedule(id, { delay: '1h' })
    await test.drain()
    expect(starts).toHaveLength(1)
    expect(starts[0]).toBeGreaterThanOrEqual(dueAt)
  })

  it('are refused while the job runs, and the run goes on', async () => {
    const { test, work } = runnerWith(() => test.clock.sleep(10_000))
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    expect(await test.runNow(id)).toMatchObject({ kind: 'notPossible', state: 'IN_PROGRESS' })
    expect(await test.reschedule(id, { delay: '1h' })).toMatchObject({ kind: 'notPossible' })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
  })

  it('need a time that is in range', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
    await expect(test.reschedule(id, {})).rejects.toMatchObject({ code: 'invalid_input', field: 'runAt' })
    await expect(test.reschedule(id, { runAt: '1970-01-20T00:00:00Z' })).rejects.toMatchObject({ field: 'runAt' })
  })
})

describe('delete', () => {
  it('removes an old idle job and its row; its message starts nothing', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '10m' })
    expect(await test.delete(id)).toMatchObject({ kind: 'notPossible' })
    await test.advance('6m')
    expect(await test.delete(id)).toEqual({ kind: 'deleted' })
    await test.advance('1h')
    expect(starts).toHaveLength(0)
    expect(test.store.all()).toHaveLength(0)
  })

  it('of a running job is refused', async () => {
    const { test, work } = runnerWith(() => test.clock.sleep(10_000))
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '6m' })
    await test.advance('362s')
    expect(await test.delete(id)).toMatchObject({ kind: 'notPossible', state: 'IN_PROGRESS' })
  })

  it('whose answer was lost is still a success', async () => {
    const { test, work, flaky } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
    await test.advance('6m')
    flaky.breakNext('deleteIfIdle', 'executedThenRefused')
    expect(await test.delete(id)).toEqual({ kind: 'deleted' })
  })
})

it.each(['cancelIfSeen', 'rescheduleIfWaiting'])('%s whose answer was lost is recognised by its token', async name => {
  const { test, work, flaky } = runnerWith(() => undefined)
  const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
  flaky.breakNext(name, 'executedThenRefused')
  const outcome = name === 'cancelIfSeen' ? await test.cancel(id) : await test.reschedule(id, { delay: '2h' })
  expect(outcome.kind).toBe(name === 'cancelIfSeen' ? 'cancelled' : 'placed')
})

describe('an id that is none', () => {
  it.each([undefined, null, 5, '', {}, []])('%j is refused by every act, the read included', async id => {
    const { test } = runnerWith(() => undefined)
    const wrong = id as string
    const acts = [
      () => test.get(wrong),
      () => test.cancel(wrong),
      () => test.requeue(wrong),
      () => test.reschedule(wrong, { delay: '1h' }),
      () => test.runNow(wrong),
      () => test.delete(wrong),
    ]
    for (const act of acts) await expect(act()).rejects.toMatchObject({ code: 'invalid_input', field: 'id' })
  })
})

describe('the error that a job shows', () => {
  it('goes with a requeue, and why it failed with it', async () => {
    const { test, work } = runnerWith(
      () => {
        throw new TypeError('no host 17')
      },
      { maxAttempts: 1 },
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', error: { name: 'TypeError', message: 'no host 17' } })
    expect(test.store.read(id)?.why).toMatch(/^TypeError#[0-9a-f]{8}$/)
    await test.requeue(id, { delay: '1h' })
    expect(await test.get(id)).not.toHaveProperty('error')
    expect(test.store.read(id)).not.toHaveProperty('why')
  })
})

describe('the life of an id', () => {
  it('is kept by a requeue, and another after a delete', async () => {
    const { test, work } = runnerWith(() => undefined)
    const enqueue = () => test.enqueue(work, { n: 1 }, { idempotencyKey: 'order-7' })
    const { id } = await enqueue()
    const first = test.store.read(id)?.life
    expect(first).toMatch(/^[\w-]{6}$/)
    await test.drain()
    await test.requeue(id)
    await test.drain()
    expect(test.store.read(id)).toMatchObject({ life: first, generation: 2 })
    await test.advance('6m')
    expect(await test.delete(id)).toEqual({ kind: 'deleted' })
    expect((await enqueue()).id).toBe(id)
    expect(test.store.read(id)?.life).not.toBe(first)
    expect(test.store.read(id)?.life).toMatch(/^[\w-]{6}$/)
  })
})

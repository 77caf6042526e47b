import { describe, expect, it } from 'vitest'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { FailForGood, RetryAfter } from '../../lib/core/definition/handler-errors.ts'
import { Unwritable } from '../../lib/core/values/errors.ts'
import { handle } from '../../lib/define/handle.ts'
import type { Change, ChangeOutcome, JobStore } from '../../lib/ports/job-store.ts'
import { runnerWith } from '../support/jobs.ts'
import { storeOver } from '../support/store-over.ts'

describe('a job from enqueue to its end', () => {
  it('runs at once, stores the result and ends COMPLETED', async () => {
    const { test, work, starts } = runnerWith(({ n }) => ({ doubled: n * 2 }))
    const { id, state, created } = await test.enqueue(work, { n: 21 })
    expect({ state, created }).toEqual({ state: 'RESERVED', created: true })
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: { doubled: 42 }, attempt: 1 })
    expect(starts).toHaveLength(1)
    expect(test.queue.nextVisibleAt('default')).toBeUndefined()
  })

  it.each([
    ['5s', 5_000],
    ['70s', 70_000],
    ['20m', 1_200_000],
  ] as const)('delayed by %s it starts never early and within 1.1 s of its time', async (delay, delayMs) => {
    const { test, work, starts } = runnerWith(() => undefined)
    const dueAt = test.clock.now() + delayMs
    await test.enqueue(work, { n: 1 }, { delay })
    await test.advance('30m')
    expect(starts).toHaveLength(1)
    expect(starts[0]).toBeGreaterThanOrEqual(dueAt)
    expect(starts[0]).toBeLessThanOrEqual(dueAt + 1_100)
  })

  it('fails, waits its backoff, runs again, and shows no error once it has succeeded', async () => {
    const { test, work, starts } = runnerWith((_, { attempt }) => {
      if (attempt < 3) throw new Error(`no luck ${attempt}`)
      return 'done'
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('6s')
    expect(await test.get(id)).toMatchObject({ state: 'RETRY', error: { name: 'Error', message: 'no luck 2' } })
    await test.advance('1m')
    const ended = await test.get(id)
    expect(ended).toMatchObject({ state: 'COMPLETED', attempt: 3 })
    expect(ended).not.toHaveProperty('error')
    expect(starts.map(at => at - (starts[0] ?? 0))).toEqual([0, 5_000, 10_000])
  })

  it('out of attempts it ends FAILED with the stack, and its row moves to the failed lane', async () => {
    const { test, work, starts } = runnerWith(
      () => {
        throw new TypeError('never')
      },
      { maxAttempts: 2 },
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(starts).toHaveLength(2)
    expect(await test.get(id)).toMatchObject({
      state: 'FAILED',
      attempt: 2,
      error: { name: 'TypeError', message: 'never' },
    })
    expect(test.store.read(id)?.lane).toMatch(/^default#failed#\d+$/)
  })

  it('FailForGood ends it at the first attempt', async () => {
    const { test, work, starts } = runnerWith(() => {
      throw new FailForGood('gone')
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(starts).toHaveLength(1)
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', error: { message: 'gone' } })
  })

  it('RetryAfter sets the delay itself, also beyond what a visibility timeout should hide', async () => {
    const { test, work, starts } = runnerWith((_, { attempt }) => {
      if (attempt === 1) throw new RetryAfter('40m')
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'RETRY' })
    expect(test.queue.nextVisibleAt('default')).toBeUndefined()
    await test.drain()
    const waitMs = (starts[1] ?? 0) - (starts[0] ?? 0)
    expect(waitMs).toBeGreaterThanOrEqual(2_400_000)
    expect(waitMs).toBeLessThanOrEqual(2_401_100)
  })

  it('RetryAfter never shortens the own backoff: an endpoint that asks for a second is not asked ten times in ten', async () => {
    const { test, work, starts } = runnerWith(
      () => {
        throw new RetryAfter('1s')
      },
      { maxAttempts: 5, backoff: { kind: 'fixed', delay: '1h' } },
    )
    await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(starts).toHaveLength(5)
    expect((starts[4] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(4 * 3_600_000)
  })

  it('RetryAfter shortens the own backoff when the handler says exactly', async () => {
    const { test, work, starts } = runnerWith(
      () => {
        throw new RetryAfter('10s', 'a window of ten seconds', { exactly: true })
      },
      { maxAttempts: 2, backoff: { kind: 'fixed', delay: '1h' } },
    )
    await test.enqueue(work, { n: 1 })
    await test.drain()
    const waitMs = (starts[1] ?? 0) - (starts[0] ?? 0)
    expect(waitMs).toBeGreaterThanOrEqual(10_000)
    expect(waitMs).toBeLessThanOrEqual(11_100)
  })

  it('snoozing uses up no attempt, and is bounded', async () => {
    const { test, work, starts } = runnerWith((_, ctx) => ctx.snooze('10s'), { maxSnoozes: 3, maxAttempts: 1 })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(starts).toHaveLength(4)
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', snoozes: 3, error: { name: 'TooManySnoozes' } })
  })

  it.each([
    ['null', null],
    ['a string', 'just text'],
    [
      'a cyclic object',
      (() => {
        const o: Record<string, unknown> = {}
        o['self'] = o
        return o
      })(),
    ],
    [
      'an object whose getter throws',
      Object.defineProperty({}, 'message', {
        get() {
          throw new Error('gotcha')
        },
      }),
    ],
    ['undefined', undefined],
    ['a symbol', Symbol('s')],
  ])('a handler that throws %s fails normally', async (_, thrown) => {
    const { test, work } = runnerWith(
      () => {
        throw thrown
      },
      { maxAttempts: 1 },
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    const job = await test.get(id)
    expect(job?.state).toBe('FAILED')
    expect(job?.error).toMatchObject({ name: expect.any(String), message: expect.any(String) })
  })

  it('a handler that never settles times out and is tried again; its late answer changes nothing', async () => {
    let release: (value: string) => void = () => {}
    const { test, work, starts } = runnerWith((_, { attempt }) =>
      attempt === 1
        ? new Promise(resolve => {
            release = resolve
          })
        : 'second',
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('62s')
    expect(await test.get(id)).toMatchObject({ state: 'RETRY', error: { name: 'TimedOut' } })
    release('first')
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'second', attempt: 2 })
    expect(starts).toHaveLength(2)
  })
})

describe('a result', () => {
  it('that is no JSON ends the job FAILED, not in a loop', async () => {
    const { test, work, starts } = runnerWith(() => ({ counts: new Map([['a', 1]]) }))
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(starts).toHaveLength(1)
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', error: { name: 'InvalidInput' } })
  })

  it('may hold what turns itself into JSON, such as a Date: the work is done, and a refusal would lose it', async () => {
    const { test, work } = runnerWith(() => ({ when: new Date(0), where: new URL('https://example.org/a') }))
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    const result = { when: '1970-01-01T00:00:00.000Z', where: 'https://example.org/a' }
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result })
  })

  it('that does not fit the item ends the job FAILED', async () => {
    const { test, work } = runnerWith(() => 'x'.repeat(420_000))
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', error: { name: 'JobTooLarge' } })
  })
})

describe('stored input', () => {
  it.each([
    ['that the schema refuses (it changed since the enqueue)', '{"n":"one"}', 'FailForGood'],
    ['that is no JSON (a console edit)', 'not json', 'FailForGood'],
  ])('%s fails the job for good, before the handler is called', async (_, input, name) => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '5s' })
    const stored = test.store.read(id)
    if (stored === undefined) throw new Error('no job')
    test.store.put({ ...stored, input })
    await test.drain()
    expect(starts).toHaveLength(0)
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', attempt: 1, error: { name } })
  })
})

describe('an outcome that does not fit the item', () => {
  /** A store that finds every write of an outcome with a text of more than so many characters too large. */
  function tightStore(inner: JobStore, most: number): JobStore {
    const isTooLarge = ({ transition }: Change) =>
      (transition.set.error?.length ?? 0) > most || (transition.set.result?.length ?? 0) > most
    return storeOver(inner, {
      apply: async changes =>
        Promise.all(
          changes.map(async (change): Promise<ChangeOutcome> => {
            if (isTooLarge(change))
              return { kind: 'failed', error: new Unwritable('Item size has exceeded the maximum') }
            const [outcome] = await inner.apply([change])
            return outcome ?? { kind: 'failed', error: new Error('no answer') }
          }),
        ),
    })
  }

  it.each<[string, () => unknown, string]>([
    ['an error with a long stack', () => Promise.reject(new FailForGood('x'.repeat(500))), 'FailForGood'],
    ['a result', () => 'x'.repeat(500), 'JobTooLarge'],
  ])('ends the job FAILED with a short error: %s', async (_, run, name) => {
    const { test, work, starts } = runnerWith(run)
    const deps = { ...test.deps, store: tightStore(test.deps.store, 200) }
    const { id } = await test.enqueue(work, { n: 1 })
    const [received] = test.queue.receive('default', 1, 900_000)
    if (received === undefined) throw new Error('no message')
    const invocation = { queue: 'default', deliveries: [received], endAt: test.clock.now() + 900_000 }
    expect(await runBatch(deps, [handle(work, run)], invocation)).toEqual([])
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', attempt: 1, error: { name } })
    expect(starts).toHaveLength(0)
  })

  it('and for which not even a short error has room is taken up when the lease is over', async () => {
    const { test, work } = runnerWith(() => undefined)
    const deps = { ...test.deps, store: tightStore(test.deps.store, 5) }
    await test.enqueue(work, { n: 1 })
    const [received] = test.queue.receive('default', 1, 900_000)
    if (received === undefined) throw new Error('no message')
    const invocation = { queue: 'default', deliveries: [received], endAt: test.clock.now() + 900_000 }
    const handler = handle(work, () => Promise.reject(new FailForGood('too long for this')))
    expect(await runBatch(deps, [handler], invocation)).toEqual([received.messageId])
    expect(test.queue.nextVisibleAt('default')).toBe(test.clock.now() + 69_000)
  })
})

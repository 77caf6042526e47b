import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { StepFailed } from '../../lib/core/definition/workflow.ts'
import { InvalidInput, JobTooLarge, SignalRefused } from '../../lib/core/values/errors.ts'
import type { TestRunner } from '../../lib/testing.ts'
import { runnerWith } from '../support/jobs.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

async function begun(flow: (ctx: RunContext) => unknown, options = {}) {
  const kit = runnerWith((_input, ctx) => flow(ctx), options)
  const { id } = await kit.test.enqueue(kit.work, { n: 1 })
  await kit.test.settle()
  return { ...kit, id }
}

const attemptsAddUp = (test: TestRunner, id: string): number => {
  const { attempt, attemptsLeft, snoozes = 0 } = test.store.read(id) ?? { attempt: 0, attemptsLeft: 0 }
  return attempt + attemptsLeft - snoozes
}

const forApproval = async (ctx: RunContext) => {
  const approval = await ctx.waitFor<{ by: string }>('approved', { timeout: '3d' })
  return approval === undefined ? 'nobody' : approval.by
}

describe('ctx.sleep', () => {
  it.each(['1s', '90s', '10m', '1d'] as const)(
    '%s: the job goes on then, and no function runs meanwhile',
    async span => {
      const { test, starts, id } = await begun(async ctx => {
        await ctx.sleep('rest', span)
        return 'rested'
      })
      expect(await test.get(id)).toMatchObject({ state: 'SCHEDULED', attempt: 1 })
      await test.drain('30d')
      const sleptMs = (starts[1] ?? 0) - (starts[0] ?? 0)
      const askedMs = { '1s': 1_000, '90s': 90_000, '10m': 600_000, '1d': dayMs }[span]
      expect(sleptMs).toBeGreaterThanOrEqual(askedMs - 1)
      expect(sleptMs).toBeLessThanOrEqual(askedMs + 2_000)
      expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'rested', attempt: 2 })
      expect(attemptsAddUp(test, id)).toBe(5)
    },
  )

  it('counts from the first run that asks: a crash in between does not lengthen it', async () => {
    let round = 0
    const { test, starts, id } = await begun(async ctx => {
      round += 1
      const rested = ctx.sleep('rest', '1h')
      // The second run fails before it looks at its sleep.
      if (round === 2) throw new Error('no')
      await rested
      return 'rested'
    })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeLessThan(62 * minuteMs)
  })

  it('that is over, or until an instant of the past, costs no further run', async () => {
    const { test, starts, id } = await begun(async ctx => {
      await ctx.sleep('none', '0s')
      await ctx.sleep('past', new Date(0))
      return 'on'
    })
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'on' })
    expect(starts).toHaveLength(1)
  })

  it('twice at a time: the job goes on at the earlier one', async () => {
    const { test, starts, id } = await begun(async ctx => {
      await Promise.all([ctx.sleep('long', '2h'), ctx.sleep('short', '1h').then(() => ctx.step('early', () => 'x'))])
      return 'both'
    })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'both' })
    expect(starts).toHaveLength(3)
  })

  it.each([
    ['a length', '400d'],
    ['an instant', new Date(Number.NaN)],
  ])('%s out of range is an InvalidInput', async (_, until) => {
    const caught: unknown[] = []
    await begun(ctx => ctx.sleep('rest', until as never).catch((error: unknown) => void caught.push(error)))
    expect(caught).toEqual([expect.any(InvalidInput)])
  })
})

describe('ctx.waitFor', () => {
  it('a job that waits is WAITING, costs nothing, and goes on at once when its signal comes', async () => {
    const { test, id, starts } = await begun(forApproval)
    expect(await test.get(id)).toMatchObject({ state: 'WAITING' })
    await test.advance('2d')
    expect(starts).toHaveLength(1)
    const at = test.clock.now()
    expect(await test.signal(id, 'approved', { by: 'ann' })).toEqual({ kind: 'sent' })
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'ann', attempt: 2 })
    expect((starts[1] ?? 0) - at).toBeLessThan(1_000)
    expect(attemptsAddUp(test, id)).toBe(5)
  })

  it('gives undefined when the time is up, within a minute; a signal after that has come too late', async () => {
    const { test, id, starts } = await begun(async ctx => {
      const first = await forApproval(ctx)
      await ctx.sleep('a while', '1h')
      return [first, 'on']
    })
    await test.advance('3d')
    await test.advance('2m')
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeLessThanOrEqual(3 * dayMs + minuteMs + 1_000)
    expect(await test.signal(id, 'approved', { by: 'bob' })).toEqual({ kind: 'already' })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: ['nobody', 'on'] })
  })

  it('finds a signal that came before the job began, and one that came while it ran', async () => {
    const kit = runnerWith(async (_input, ctx) => {
      await ctx.step('slow', async () => kit.test.signal(ctx.job.id, 'second', 2))
      return [await ctx.waitFor('first', { timeout: '1h' }), await ctx.waitFor('second', { timeout: '1h' })]
    })
    const { id } = await kit.test.enqueue(kit.work, { n: 1 }, { delay: '10s' })
    expect(await kit.test.signal(id, 'first', 1)).toEqual({ kind: 'sent' })
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED', result: [1, 2] })
    // No minute was lost: the run that did not see the signal was not allowed to rest.
    expect((kit.starts.at(-1) ?? 0) - (kit.starts[0] ?? 0)).toBeLessThan(5_000)
  })

  it('the first signal counts; sent again it does no harm', async () => {
    const { test, id } = await begun(async ctx => {
      const by = await forApproval(ctx)
      await ctx.sleep('then', '1h')
      return by
    })
    expect(await test.signal(id, 'approved', { by: 'ann' })).toEqual({ kind: 'sent' })
    expect(await test.signal(id, 'approved', { by: 'bob' })).toEqual({ kind: 'already' })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ result: 'ann' })
  })

  it('its message may be lost: the sweeper brings the job back', async () => {
    const { test, id } = await begun(forApproval)
    test.queue.send = (_, outgoing) =>
      Promise.resolve(outgoing.map(() => ({ kind: 'failed', error: new Error('no SQS') }) as const))
    await test.signal(id, 'approved', { by: 'ann' })
    Reflect.deleteProperty(test.queue, 'send')
    await test.advance('2m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'ann' })
  })

  it('checks the value against its schema; what does not fit rejects with StepFailed, in each run', async () => {
    const caught: unknown[] = []
    const { test, id } = await begun(async ctx => {
      try {
        return await ctx.waitFor('approved', { timeout: '1h', schema: v.object({ by: v.string() }) })
      } catch (error) {
        caught.push(error)
        return 'refused'
      }
    })
    await test.signal(id, 'approved', { by: 7 })
    await test.settle()
    expect(caught).toEqual([expect.any(StepFailed)])
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'refused' })
  })

  it('without a timeout is an InvalidInput', async () => {
    const caught: unknown[] = []
    await begun(ctx => ctx.waitFor('a', {} as never).catch((error: unknown) => void caught.push(error)))
    expect(caught).toMatchObject([{ field: 'waitFor(a).timeout' }])
  })

  it('begins anew with a requeue', async () => {
    const { test, id } = await begun(forApproval)
    await test.signal(id, 'approved', { by: 'ann' })
    await test.settle()
    await test.requeue(id)
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'WAITING', generation: 2 })
    await test.signal(id, 'approved', { by: 'bob' })
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'bob' })
  })
})

describe('a job that waits', () => {
  it('can be cancelled, and deleted', async () => {
    const one = await begun(forApproval)
    expect(await one.test.cancel(one.id)).toEqual({ kind: 'cancelled' })
    expect(await one.test.signal(one.id, 'approved')).toMatchObject({ kind: 'notPossible', state: 'CANCELLED' })
    const other = await begun(forApproval)
    await other.test.advance('10m')
    expect(await other.test.delete(other.id)).toEqual({ kind: 'deleted' })
    expect(await other.test.signal(other.id, 'approved')).toEqual({ kind: 'notFound' })
  })

  it('can be run now: it looks, and waits again without using up an attempt', async () => {
    const { test, id, starts } = await begun(forApproval)
    for (let round = 0; round < 7; round += 1) {
      await test.runNow(id)
      await test.settle()
    }
    expect(starts).toHaveLength(8)
    expect(test.store.read(id)).toMatchObject({ state: 'WAITING', attemptsLeft: 5 })
    expect(attemptsAddUp(test, id)).toBe(5)
  })

  it('is not started by a message that comes late', async () => {
    const { test, id, starts } = await begun(forApproval)
    const { fence, lookAt } = test.store.read(id) ?? { fence: 0, lookAt: 0 }
    test.queue.put('default', JSON.stringify({ v: 1, id, fence, type: 'work', at: lookAt }))
    await test.advance('5m')
    expect(starts).toHaveLength(1)
    expect(test.queue.nextVisibleAt('default')).toBeUndefined()
  })

  it('is listed, counted and explained', async () => {
    const { test, id } = await begun(forApproval)
    const listed = await test.list({ queue: 'default', state: 'WAITING' })
    expect(listed.jobs).toMatchObject([{ id, state: 'WAITING' }])
    expect(await test.explain(id)).toMatchObject({
      state: 'WAITING',
      reasons: [{ code: 'waits', text: expect.stringContaining("the signal 'approved'"), until: expect.any(String) }],
    })
  })
})

describe('a signal that is refused writes nothing', () => {
  const signals = { approved: v.object({ by: v.string() }) }

  it.each([
    ['no name', '', 1, InvalidInput],
    ['no JSON', 'approved', () => 1, InvalidInput],
    ['too large', 'approved', 'x'.repeat(310_000), JobTooLarge],
  ])('%s', async (_, name, value, error) => {
    const { test, id } = await begun(forApproval)
    await expect(test.signal(id, name, value)).rejects.toThrow(error)
    expect(test.store.read(id)?.wakes).toBeUndefined()
  })

  it('a name or a value that the contract does not know', async () => {
    const { test, id } = await begun(forApproval, { signals })
    await expect(test.signal(id, 'aproved', { by: 'ann' })).rejects.toThrow(/'aproved'.*allowed:.*approved/)
    await expect(test.signal(id, 'approved', { by: 7 })).rejects.toThrow(SignalRefused)
    expect(test.store.read(id)?.wakes).toBeUndefined()
    expect(await test.signal(id, 'approved', { by: 'ann' })).toEqual({ kind: 'sent' })
  })
})

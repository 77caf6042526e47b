/** Steps come, go, move and get other names while jobs rest: what a run finds under a name is what counts, not its place. */
import { describe, expect, it } from 'vitest'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { runnerWith, startAt } from '../support/jobs.ts'

const hourMs = 3_600_000

type Rest = (ctx: RunContext) => Promise<unknown>

const rests = {
  'a sleep': (ctx: RunContext) => ctx.sleep('rest', '1h'),
  'a wait': (ctx: RunContext) => ctx.waitFor('approved', { timeout: '1h' }),
} as const

/** A job that rests under one release, and goes on under another. */
async function deployed(before: Rest, after: (step: (name: string) => (ctx: RunContext) => Promise<string>) => Rest) {
  const done: string[] = []
  const step = (name: string) => (ctx: RunContext) =>
    ctx.step(name, () => {
      done.push(name)
      return name
    })
  let release: Rest = async ctx => {
    await step('reserve')(ctx)
    await step('charge')(ctx)
    await before(ctx)
    return 'of the first release'
  }
  const { test, work } = runnerWith((_, ctx) => release(ctx))
  const { id } = await test.enqueue(work, { n: 1 })
  await test.advance('5m')
  expect(done).toEqual(['reserve', 'charge'])
  expect(['SCHEDULED', 'WAITING']).toContain((await test.get(id))?.state)
  release = after(step)
  await test.drain('3h')
  return { job: await test.get(id), done: done.slice(2), steps: (await test.steps(id))?.steps.map(({ name }) => name) }
}

describe.each(Object.entries(rests))('a deploy during %s', (_, rest) => {
  it('adds a step before it and one behind it: both are made, once', async () => {
    const { job, done } = await deployed(rest, step => async ctx => {
      const all = [await step('reserve')(ctx), await step('check')(ctx), await step('charge')(ctx)]
      await rest(ctx)
      return [...all, await step('ship')(ctx)]
    })
    expect(job).toMatchObject({ state: 'COMPLETED', result: ['reserve', 'check', 'charge', 'ship'], crashes: 0 })
    expect(done).toEqual(['check', 'ship'])
  })

  it('removes a step that was made, and moves another behind the rest: neither is made again', async () => {
    const { job, done, steps } = await deployed(rest, step => async ctx => {
      await rest(ctx)
      return step('reserve')(ctx)
    })
    expect(job).toMatchObject({ state: 'COMPLETED', result: 'reserve' })
    expect(done).toEqual([])
    expect(steps).toContain('charge')
  })

  it('renames a step: under its new name it is another, and is made', async () => {
    const { job, done } = await deployed(rest, step => async ctx => {
      await step('reserve')(ctx)
      const charge = await step('charge by card')(ctx)
      await rest(ctx)
      return charge
    })
    expect(job).toMatchObject({ state: 'COMPLETED', result: 'charge by card' })
    expect(done).toEqual(['charge by card'])
  })

  it('removes the rest itself: the job goes on at the time that it rested for', async () => {
    const { job, done } = await deployed(rest, step => async ctx => step('ship')(ctx))
    expect(job).toMatchObject({ state: 'COMPLETED', result: 'ship' })
    expect(Date.parse(job?.startedAt ?? '')).toBeGreaterThanOrEqual(startAt + hourMs - 1)
    expect(done).toEqual(['ship'])
  })

  it('keeps the old way for jobs that began before it, by ctx.version', async () => {
    const { job, done } = await deployed(
      async ctx => {
        expect(await ctx.version('shipping', 1)).toBe(1)
        await rest(ctx)
      },
      step => async ctx => {
        const version = await ctx.version('shipping', 2)
        await rest(ctx)
        return step(version === 1 ? 'ship' : 'ship by rail')(ctx)
      },
    )
    expect([job?.state, job?.result, done]).toEqual(['COMPLETED', 'ship', ['ship']])
  })
})

/** The simulation finds what is wrong in handlers, and leaves alone what is right. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { type SimulateOptions, SimulationFailed, simulate } from '../../../lib/testing.ts'

const charge = defineJob({
  type: 'charge',
  input: v.object({ order: v.string(), amount: v.number() }),
  maxAttempts: 20,
  timeout: '10s',
  backoff: { kind: 'fixed', delay: '5s' },
})
const runner = defineRunner({ jobs: [charge] })

/** A service that takes money each time it is asked to, or once for each order. */
class Payments {
  taken = 0
  readonly orders = new Set<string>()

  async take(amount: number): Promise<number> {
    this.taken += amount
    return this.taken
  }

  async takeOnce(order: string, amount: number): Promise<number> {
    if (!this.orders.has(order)) this.taken += amount
    this.orders.add(order)
    return this.taken
  }
}

interface World {
  readonly payments: Payments
}

type Run = (world: World, input: { order: string; amount: number }, ctx: RunContext) => unknown

const optionsOf = (run: Run): SimulateOptions<World> => ({
  runner,
  handlers: world => [handle(charge, async (input, ctx) => void (await run(world, input, ctx)))],
  scenario: {
    world: () => ({ payments: new Payments() }),
    start: kit => kit.enqueue(charge, { order: 'o1', amount: 5 }),
    invariant: ({ payments }) => expect(payments.taken).toBe(5),
  },
})

const notIdempotent: Run = ({ payments }, { amount }) => payments.take(amount)
const idempotent: Run = ({ payments }, { order, amount }) => payments.takeOnce(order, amount)

async function failureOf(options: SimulateOptions<World>): Promise<SimulationFailed> {
  const error = await simulate(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof SimulationFailed) return error
  throw new Error(`no failure: ${String(error)}`)
}

/** The stories of each single fault that fails. */
async function storiesOf(run: Run): Promise<readonly string[]> {
  const stories: string[] = []
  for (let seed = 1; seed <= 60; seed += 1) {
    try {
      await simulate({ ...optionsOf(run), seeds: [seed] })
    } catch (error) {
      stories.push((error as SimulationFailed).story.join('\n'))
    }
  }
  return stories
}

describe('simulate', () => {
  it('catches a handler that is not idempotent, and tells how', async () => {
    const failure = await failureOf(optionsOf(notIdempotent))
    expect(failure.seed).toBeGreaterThan(0)
    expect(failure.message).toMatch(/^seed \d+: expected 10 to be 5/)
    expect(failure.story[0]).toMatch(/^ {4}0\.000 s {2}worker 1: starts charge \S+, attempt 1$/)
    expect(failure.story.join('\n')).toMatch(/worker 2: starts charge \S+, attempt 2/)
    expect(failure.message).toContain(`seeds: [${failure.seed}]`)
  })

  it('finds the same smallest seed again, with the same story, also alone', async () => {
    const first = await failureOf(optionsOf(notIdempotent))
    const second = await failureOf(optionsOf(notIdempotent))
    const alone = await failureOf({ ...optionsOf(notIdempotent), seeds: [first.seed] })
    expect([second.seed, second.story]).toEqual([first.seed, first.story])
    expect([alone.seed, alone.story]).toEqual([first.seed, first.story])
    await simulate({ ...optionsOf(notIdempotent), seeds: Array.from({ length: first.seed - 1 }, (_, seed) => seed) })
  })

  it('passes a handler that is idempotent', async () => {
    const { runs, places } = await simulate(optionsOf(idempotent))
    expect(places).toContain("payments.takeOnce('o1', 5)")
    expect(places).toContain('before the handler')
    expect(places).toContain('job.apply')
    expect(runs).toBeGreaterThan(110)
  })

  it('passes one that commits, and only it', async () => {
    const item = { Put: { TableName: 'charges', Item: { id: 'o1', amount: 5 } } }
    const options = optionsOf((_, __, ctx) => ctx.commit([item]))
    const invariant: SimulateOptions<World>['scenario']['invariant'] = (_, kit) => expect(kit.committed).toEqual([item])
    const { places } = await simulate({ ...options, scenario: { ...options.scenario, invariant } })
    expect(places).toContain('record.transact')
    // The same write twice, once outside of the commit.
    const broken = optionsOf(async (world, { amount }, ctx) => {
      await world.payments.take(amount)
      await ctx.commit([item])
    })
    expect((await failureOf(broken)).seed).toBeGreaterThan(0)
  })

  it.each([
    ['a crash', /payments\.take\(5\): the process ends right after it/],
    ['a lost answer', /payments\.take\(5\): carried out, and the answer is lost/],
    [
      'a lease that runs out',
      /payments\.take\(5\): the process stands still until its lease is over[^]*writes too late/,
    ],
    ['a lost answer of its outcome', /job\.apply: carried out, and the answer is lost/],
  ])('catches it by %s', async (_, line) => {
    expect((await storiesOf(notIdempotent)).some(story => line.test(story))).toBe(true)
  })

  it('doubles a message, which starts no second run', async () => {
    let calls = 0
    const options = optionsOf(notIdempotent)
    const invariant = ({ payments }: World) => {
      expect(payments.taken).toBe(5)
      calls += 1
      if (calls === 2) throw new Error('to hear the story')
    }
    const failure = await failureOf({ ...options, scenario: { ...options.scenario, invariant }, seeds: [2] })
    expect(failure.cause).toMatchObject({ message: 'to hear the story' })
    expect(failure.story[0]).toMatch(/worker 1: gets its messages: each of them comes twice$/)
  })

  it('says when a run without any fault fails', async () => {
    const options = optionsOf(() => {})
    const failure = await failureOf(options)
    expect([failure.seed, failure.message.includes('It fails without any fault.')]).toEqual([0, true])
  })

  it('says when a job does not end', async () => {
    const options = optionsOf((_, __, ctx) => ctx.snooze('30d'))
    expect((await failureOf(options)).message).toMatch(/^seed 0: not ended within 7d: \S+ \(charge, /)
  })

  it.each([
    [{ seeds: 0 }, 'simulate.seeds'],
    [{ seeds: 'all' }, 'simulate.seeds'],
    [{ seeds: [1.5] }, 'simulate.seeds[0]'],
    [{ seed: 1 }, 'simulate.seed'],
  ])('refuses %o', async (wrong, field) => {
    await expect(simulate({ ...optionsOf(idempotent), ...wrong } as never)).rejects.toMatchObject({ field })
  })
})

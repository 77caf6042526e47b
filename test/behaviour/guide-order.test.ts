/** The order of docs/guides/workflows.md is compiled, and does what the guide says, whatever crashes. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { createTestRunner, simulate } from '../../lib/testing.ts'
import { handlersOf, order, type Shop } from '../support/fixtures/order/handlers.ts'
import { startAt } from '../support/jobs.ts'

const runner = defineRunner({ jobs: [order] })
const o1 = { order: 'o1', amount: 5 }

/** Services that take an idempotency key. */
class FakeShop implements Shop {
  /** What was done, once for each key. */
  readonly done = new Map<string, string>()
  /** Acts that fail so many times. */
  readonly failures: Map<string, number>

  constructor(failures: Readonly<Record<string, number>> = {}) {
    this.failures = new Map(Object.entries(failures))
  }

  reserve = async (_: object, key: string) => this.#act('reserve', key)
  charge = async (_: object, key: string) => this.#act('charge', key)
  ship = async (_: object, key: string) => this.#act('ship', key)
  refund = async (_: object, key: string) => this.#act('refund', key)
  release = async (_: object, key: string) => this.#act('release', key)

  get acts(): readonly string[] {
    return [...this.done.values()]
  }

  #act(what: string, key: string): string {
    const left = this.failures.get(what) ?? 0
    this.failures.set(what, left - 1)
    if (left > 0) throw new Error(`${what} is out of order`)
    this.done.set(key, what)
    return what
  }
}

/** Whatever happens, it ends as one of these. */
const whole = [
  ['reserve', 'charge', 'ship'],
  ['reserve', 'charge', 'refund', 'release'],
  ['reserve', 'release'],
] as const

const endings = [
  ['approved', { by: 'ann', granted: true }, {}, ['reserve', 'charge', 'ship']],
  ['refused', { by: 'bob', granted: false }, {}, ['reserve', 'charge', 'refund', 'release']],
  ['nobody answers', undefined, {}, ['reserve', 'charge', 'refund', 'release']],
  ['the card is refused three times', undefined, { charge: 3 }, ['reserve', 'release']],
  [
    'each service fails once',
    { by: 'ann', granted: true },
    { reserve: 1, charge: 1, ship: 1 },
    ['reserve', 'charge', 'ship'],
  ],
] as const

it('the guide shows this very code', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, ...lines] = read('../support/fixtures/order/handlers.ts').split('\n')
  const shown = lines.join('\n').replace("'../../../../lib/index.ts'", "'lamplighter'")
  expect(read('../../docs/guides/workflows.md')).toContain(shown.trimEnd())
})

it.each(endings)('%s: stock, charge and shipment fit together', async (_, answer, failures, acts) => {
  const shop = new FakeShop(failures)
  const kit = createTestRunner({ runner, handlers: handlersOf(shop), startAt })
  const { id } = await kit.enqueue(order, o1)
  await kit.advance('2d')
  if (answer !== undefined) await kit.signal(id, 'approved', answer)
  await kit.drain()
  expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED' })
  expect(shop.acts).toEqual(acts)
})

it.each(endings)(
  '%s: so it is with a crash, a lost answer, a stall at every place',
  { timeout: 120_000 },
  async (...ending) => {
    const [, answer, failures] = ending
    const { runs, places } = await simulate({
      runner,
      handlers: handlersOf,
      scenario: {
        world: () => new FakeShop(failures),
        start: async kit => {
          const { id } = await kit.enqueue(order, o1)
          if (answer !== undefined) await kit.signal(id, 'approved', answer)
        },
        // Crashes count as failures in a row, so a card may be given up that is in order by now: then the stock is free.
        invariant: ({ acts: done }) => expect(whole.map(one => one.join())).toContain(done.join()),
      },
      seeds: 200,
    })
    expect(runs).toBe(201)
    expect(places.length).toBeGreaterThan(9)
  },
)

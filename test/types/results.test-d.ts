/** Results: what an `output` schema asks of a handler and of a commit, and what readers get. */
import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { type Client, type Committed, defineJob, handle, type ResultOf } from '../../lib/index.ts'

declare const client: Client

const input = v.object({ n: v.number() })
const untyped = defineJob({ type: 'untyped', input })
const report = defineJob({
  type: 'report',
  input,
  output: v.object({
    kind: v.picklist(['short', 'long']),
    rows: v.array(v.object({ at: v.string() })),
    note: v.optional(v.string()),
  }),
})
const dated = defineJob({
  type: 'dated',
  input,
  output: z.object({ at: z.string().transform(text => new Date(text)) }),
})
const nothing = defineJob({ type: 'nothing', input, output: v.undefined() })

describe('a reader gets what the schema makes of the result', () => {
  it('by the contract', async () => {
    expectTypeOf<ResultOf<typeof dated>>().toEqualTypeOf<{ at: Date }>()
    expectTypeOf<ResultOf<typeof untyped>>().toBeUnknown()
    const job = await client.get(dated, 'id')
    expectTypeOf(job?.result).toEqualTypeOf<{ at: Date } | undefined>()
    expectTypeOf((await client.get(report, 'id'))?.result?.kind).toEqualTypeOf<'short' | 'long' | undefined>()
  })

  it('without it unknown', async () => {
    expectTypeOf((await client.get('id'))?.result).toBeUnknown()
    expectTypeOf((await client.get(untyped, 'id'))?.result).toBeUnknown()
  })
})

describe('a handler gives what the schema takes', () => {
  it('taken', () => {
    handle(report, () => ({ kind: 'short', rows: [] }))
    handle(report, async ({ n }) => ({ kind: n > 1 ? 'long' : 'short', rows: [{ at: 'x' }], note: 'n' }))
    // A Date is written as the text that the schema asks for.
    handle(report, async () => ({ kind: 'long', rows: [{ at: new Date() }] }))
    handle(dated, async () => ({ at: new Date() }))
    handle(nothing, () => {})
    handle(nothing, async () => {})
    handle(report, () => {
      throw new Error('no')
    })
  })

  it('refused', () => {
    // @ts-expect-error a kind that the schema does not know
    handle(report, () => ({ kind: 'middle', rows: [] }))
    // @ts-expect-error a field is missing
    handle(report, async () => ({ kind: 'short' }))
    // @ts-expect-error nothing is no report
    handle(report, async () => {})
    // @ts-expect-error a Map is no text
    handle(report, () => ({ kind: 'short', rows: [{ at: new Map() }] }))
    // @ts-expect-error a number is no text, a level down
    handle(report, () => ({ kind: 'short', rows: [{ at: 1 }] }))
    // @ts-expect-error JSON writes undefined in a list as null
    handle(report, () => ({ kind: 'short', rows: [undefined] }))
  })

  it('or commits', () => {
    handle(report, async (_, ctx) => ctx.commit([], { result: { kind: 'short', rows: [{ at: new Date() }] } }))
    handle(untyped, async (_, ctx) => {
      expectTypeOf(await ctx.commit([], { result: { any: 1 } })).toEqualTypeOf<Committed>()
    })
    // @ts-expect-error the commit brings what the schema refuses
    handle(report, async (_, ctx) => ctx.commit([], { result: { kind: 'none', rows: [] } }))
    // @ts-expect-error the commit's own answer says that the result went with it
    handle(report, async (_, ctx) => {
      await ctx.commit([], { result: { kind: 'short', rows: [] } })
    })
  })
})

describe('without a schema any JSON', () => {
  it('what JSON.stringify loses is refused', () => {
    // @ts-expect-error undefined in a list becomes null
    handle(untyped, () => [1, undefined])
    // @ts-expect-error the same a level down
    handle(untyped, async () => ({ rows: [{ a: 1 }, undefined] }))
    // @ts-expect-error a toJSON that gives a bigint
    handle(untyped, () => ({ at: { toJSON: () => 5n } }))
    // @ts-expect-error a symbol is left out
    handle(untyped, () => ({ s: Symbol('s') }))
    // @ts-expect-error a WeakMap is written as {}
    handle(untyped, () => new WeakMap())
  })

  it('what it takes is taken', () => {
    handle(untyped, () => ({ a: undefined, at: new Date(), rows: [[1, null], ['b']] as const }))
    handle(untyped, () => [1, undefined] as unknown[])
    handle(untyped, () => new URL('https://example.org'))
  })
})

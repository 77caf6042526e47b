import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { type Client, defineJob, failedJob, handle, type InputOf, type OutputOf } from '../../lib/index.ts'
import type { Outgoing } from '../../lib/ports/job-queue.ts'

declare const client: Client

const withValibot = defineJob({ type: 'a', input: v.object({ to: v.string(), size: v.optional(v.number()) }) })
const withZod = defineJob({ type: 'b', input: z.object({ at: z.string().transform(text => new Date(text)) }) })
const withArktype = defineJob({ type: 'c', input: type({ n: 'number' }) })

describe('types flow from the schema', () => {
  it("to enqueue: the schema's input", () => {
    expectTypeOf<InputOf<typeof withValibot>>().toEqualTypeOf<{ to: string; size?: number | undefined }>()
    expectTypeOf<InputOf<typeof withZod>>().toEqualTypeOf<{ at: string }>()
    expectTypeOf<InputOf<typeof withArktype>>().toEqualTypeOf<{ n: number }>()
  })

  it("to the handler: the schema's output", () => {
    handle(withZod, input => expectTypeOf(input).toEqualTypeOf<{ at: Date }>())
    expectTypeOf<OutputOf<typeof withZod>>().toEqualTypeOf<{ at: Date }>()
    expectTypeOf<OutputOf<typeof withArktype>>().toEqualTypeOf<{ n: number }>()
    handle(withValibot, input => expectTypeOf(input.to).toEqualTypeOf<string>())
  })
})

describe('onFailed', () => {
  const at = z.object({ at: z.string().transform(text => new Date(text)) })
  const failed = defineJob({ type: 'd', input: failedJob(at) })

  it('its handler gets the failed job, with what the schema makes of the input, if it takes it', () => {
    handle(failed, ({ id, input, attempts, error, storedInput }) => {
      expectTypeOf(input).toEqualTypeOf<{ at: Date } | undefined>()
      expectTypeOf({ id, attempts, error }).toEqualTypeOf<{
        id: string
        attempts: number
        error: { readonly name: string; readonly message: string }
      }>()
      expectTypeOf(storedInput).toEqualTypeOf<unknown>()
    })
    defineJob({ type: 'e', input: at, onFailed: failed })
  })

  it('is a contract whose input is a failed job', () => {
    // @ts-expect-error: its input is something else
    defineJob({ type: 'e', input: at, onFailed: withValibot })
  })
})

describe('wrong input does not compile', () => {
  it('at enqueue', () => {
    void client.enqueue(withValibot, { to: 'x' })
    // @ts-expect-error a number where the schema wants a text
    void client.enqueue(withValibot, { to: 1 })
    // @ts-expect-error the field is missing
    void client.enqueue(withArktype, {})
    // @ts-expect-error the schema's output is not its input
    void client.enqueue(withZod, { at: new Date() })
    // @ts-expect-error the same for a request of several
    client.job(withArktype, { n: 'one' })
    void client.enqueueMany([client.job(withArktype, { n: 1 })])
    // @ts-expect-error a request that nobody checked
    void client.enqueueMany([{ type: 'typo', input: 1, options: {} }])
  })

  it('in options: durations have a unit', () => {
    void client.enqueue(withArktype, { n: 1 }, { delay: '5m' })
    // @ts-expect-error a bare number has no unit
    void client.enqueue(withArktype, { n: 1 }, { delay: 5 })
    // @ts-expect-error neither has a text without one
    void client.enqueue(withArktype, { n: 1 }, { delay: '5 minutes' })
    // @ts-expect-error no such option
    void client.enqueue(withArktype, { n: 1 }, { dealy: '5m' })
  })
})

describe('a result that is no JSON does not compile', () => {
  interface Row {
    readonly id: string
    readonly at: Date
    readonly tags: readonly string[]
    readonly children: readonly Row[]
    readonly note?: string | null
  }
  const row: Row = { id: 'a', at: new Date(0), tags: [], children: [] }

  it('taken', () => {
    handle(withArktype, () => row)
    handle(withArktype, async ({ n }) => (n > 1 ? { n } : [row, row]))
    handle(withArktype, async () => undefined)
    handle(withArktype, () => {})
    handle(withArktype, () => null)
    handle(withArktype, (): unknown => JSON.parse('{}'))
    handle(withArktype, () => {
      throw new Error('no')
    })
  })

  it('refused', () => {
    // @ts-expect-error a Map is written as {}
    handle(withArktype, () => new Map([['a', 1]]))
    // @ts-expect-error JSON has no bigint
    handle(withArktype, () => 5n)
    // @ts-expect-error nor below
    handle(withArktype, async () => ({ total: 5n }))
    // @ts-expect-error a function is left out
    handle(withArktype, () => ({ next: () => 1 }))
    // @ts-expect-error a Set in a list is written as {}
    handle(withArktype, () => [new Set([1])])
    // @ts-expect-error the answer of fetch is written as {}
    handle(withArktype, () => fetch('https://example.org'))
  })
})

describe('a tenant', () => {
  it("is made from the schema's output", () => {
    const at = z.object({ account: z.string(), at: z.string().transform(text => new Date(text)) })
    const one = defineJob({
      type: 'd',
      input: at,
      tenant: input => {
        expectTypeOf(input).toEqualTypeOf<{ account: string; at: Date }>()
        return input.account
      },
    })
    void client.enqueue(one, { account: 'a42', at: '2027-01-01' })
    // @ts-expect-error a number is no tenant
    defineJob({ type: 'e', input: type({ n: 'number' }), tenant: input => input.n })
  })

  it('is part of each message: a sender that forgets it does not compile', () => {
    const message = { v: 1, id: 'a', fence: 1, type: 'a', at: 1 } as const
    // @ts-expect-error the tenant is missing
    const forgetful: Outgoing = { message, delayMs: 0 }
    expectTypeOf(forgetful).toEqualTypeOf<Outgoing>()
  })
})

import { describe, expect, it } from 'vitest'
import { contextFrom, contextIn } from '../../../../lib/core/job/job-context.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

describe('contextIn', () => {
  it('writes what there is, in one order', () => {
    const context = { baggage: { tenant: 'a42' }, tracestate: 'k=v', traceparent }
    expect(contextIn('context', context)).toBe(
      `{"traceparent":"${traceparent}","tracestate":"k=v","baggage":{"tenant":"a42"}}`,
    )
  })

  it.each([{}, { baggage: {} }, { traceparent: undefined }])('writes nothing for %o', context => {
    expect(contextIn('context', context)).toBeUndefined()
  })

  it.each([
    [null, 'context'],
    ['00-…', 'context'],
    [{ trace: 'x' }, 'context.trace'],
    [{ traceparent: 1 }, 'context.traceparent'],
    [{ traceparent: traceparent.toUpperCase() }, 'context.traceparent'],
    [{ traceparent: `ff${traceparent.slice(2)}` }, 'context.traceparent'],
    [{ traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }, 'context.traceparent'],
    [{ traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01` }, 'context.traceparent'],
    [{ traceparent: `${traceparent}-x` }, 'context.traceparent'],
    [{ tracestate: 'k=v' }, 'context.tracestate'],
    [{ traceparent, tracestate: 1 }, 'context.tracestate'],
    [{ baggage: 'k=v' }, 'context.baggage'],
    [{ baggage: { n: 1 } }, 'context.baggage.n'],
    [{ baggage: { n: '\ud800' } }, 'context.baggage.n'],
    [JSON.parse('{"baggage":{"__proto__":"x"}}'), 'context.baggage.__proto__'],
  ])('refuses %o, naming the field', (context, field) => {
    expect(() => contextIn('context', context)).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })

  it('holds 512 bytes', () => {
    const of = (bytes: number) => ({ baggage: { k: 'x'.repeat(bytes - '{"baggage":{"k":""}}'.length) } })
    expect(contextIn('context', of(512))).toHaveLength(512)
    expect(() => contextIn('context', of(513))).toThrow(
      expect.objectContaining({ code: 'job_too_large', field: 'context', bytes: 513, maxBytes: 512 }),
    )
  })
})

describe('contextFrom', () => {
  it('gives back what was written', () => {
    const context = { traceparent, baggage: { tenant: 'a42' } }
    expect(contextFrom(contextIn('context', context))).toEqual(context)
  })

  it.each([undefined, 'no JSON', 'null', '[]', '{"traceparent":"x"}', '{"more":1}'])('gives none for %j', text => {
    expect(contextFrom(text)).toEqual({})
  })
})

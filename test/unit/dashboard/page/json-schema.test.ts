import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Field, fieldsOf, misfits, textOf, typed } from '../../../../lib/dashboard/page/json-schema.ts'

const order = z.strictObject({
  to: z.email().max(40).describe('who gets it'),
  copies: z.int().min(1).max(9),
  price: z.number().positive().lt(100).optional(),
  kind: z.enum(['letter', 'parcel']),
  isUrgent: z.boolean().optional(),
  lines: z.array(z.strictObject({ sku: z.string().min(1), note: z.string().nullable() })).max(2),
})
const schema = z.toJSONSchema(order)
const good = { to: 'a@example.com', copies: 1, kind: 'letter', lines: [{ sku: 'x', note: null }] }

describe('what does not fit', () => {
  it.each([
    [good, []],
    [{ ...good, price: 1.5, isUrgent: true }, []],
    ['text', [': must be object']],
    [null, [': must be object']],
    [[], [': must be object']],
    [{ ...good, copies: '1' }, ['copies: must be integer']],
    [{ ...good, copies: 1.5 }, ['copies: must be integer']],
    [{ ...good, copies: 0 }, ['copies: must be at least 1']],
    [{ ...good, copies: 10 }, ['copies: must be at most 9']],
    [{ ...good, price: 0 }, ['price: must be more than 0']],
    [{ ...good, price: 100 }, ['price: must be less than 100']],
    [{ ...good, kind: 'box' }, ['kind: must be one of "letter", "parcel"']],
    [{ ...good, to: `${'a'.repeat(40)}@example.com` }, ['to: must have at most 40 characters']],
    [{ ...good, lines: [{ sku: '', note: null }] }, ['lines[0].sku: must not be empty']],
    [{ ...good, lines: [{ sku: 'x', note: 4 }] }, ['lines[0].note: must be string or null']],
    [{ ...good, lines: [{ sku: 'x' }] }, ['lines[0].note: is missing']],
    [{ ...good, lines: Array.from({ length: 3 }, () => good.lines[0]) }, ['lines: must have at most 2 items']],
    [{ ...good, colour: 'red' }, ['colour: is not known']],
    [{}, ['to: is missing', 'copies: is missing', 'kind: is missing', 'lines: is missing']],
  ])('of %j', (value, expected) => {
    const found = misfits(schema, value)
    expect(found.map(({ path, message }) => `${path}: ${message}`)).toEqual(expected)
    // The library whose schema it is says the same.
    expect(order.safeParse(value).success).toBe(found.length === 0)
  })

  it('a pattern is told, and one that browsers do not know is left to the API', () => {
    expect(misfits(schema, { ...good, to: 'nobody' })[0]?.path).toBe('to')
    expect(misfits({ type: 'string', pattern: '(' }, 'x')).toEqual([])
  })

  it('characters are counted, not halves of them', () => {
    expect(misfits({ type: 'string', maxLength: 1 }, '🏮')).toEqual([])
  })

  it('one of several schemas is enough', () => {
    const either = z.toJSONSchema(z.union([z.strictObject({ id: z.string() }), z.number().max(3)]))
    for (const value of [{ id: 'x' }, 3]) expect(misfits(either, value)).toEqual([])
    for (const value of [{ id: 1 }, 4, 'x']) expect(misfits(either, value)[0]?.message).toContain('none')
  })

  it('a constant, and what anything may be', () => {
    expect(misfits({ const: { a: 1 } }, { a: 1 })).toEqual([])
    expect(misfits({ const: 1 }, 2)).toEqual([{ path: '', message: 'must be 1' }])
    for (const anything of [null, undefined, true, {}, 'schema']) expect(misfits(anything, { a: 1 })).toEqual([])
    expect(misfits({ additionalProperties: { type: 'number' } }, { a: 'x' })).toEqual([
      { path: 'a', message: 'must be number' },
    ])
  })

  it('a deep value ends', () => {
    let [deep, nested]: [object, object] = [{ type: 'object' }, {}]
    for (let level = 0; level < 1_000; level += 1) [deep, nested] = [{ properties: { a: deep } }, { a: nested }]
    expect(misfits(deep, nested)).toEqual([])
  })
})

describe('a form', () => {
  const fields = fieldsOf(schema) ?? []
  const field = (name: string): Field => {
    const found = fields.find(one => one.name === name)
    if (found === undefined) throw new Error(name)
    return found
  }

  it('has a field for each property', () => {
    expect(fields.map(({ name, kind, isRequired }) => [name, kind, isRequired])).toEqual([
      ['to', 'text', true],
      ['copies', 'number', true],
      ['price', 'number', false],
      ['kind', 'choice', true],
      ['isUrgent', 'boolean', false],
      ['lines', 'json', true],
    ])
    expect(field('to').about).toBe('who gets it')
    expect(field('kind').choices).toEqual(['letter', 'parcel'])
  })

  it.each([
    null,
    undefined,
    {},
    { type: 'string' },
    { type: 'object' },
    z.toJSONSchema(z.record(z.string(), z.number())),
  ])('there is none for %j', one => expect(fieldsOf(one)).toBeUndefined())

  it.each([
    ['to', 'a', 'a'],
    ['to', '', ''],
    ['copies', '3', 3],
    ['copies', '', undefined],
    ['price', '1.5', 1.5],
    ['kind', 'parcel', 'parcel'],
    ['isUrgent', 'false', false],
    ['isUrgent', '', undefined],
    ['lines', '[{"sku":"x"}]', [{ sku: 'x' }]],
  ])('%s: %j is %j, and back', (name, text, value) => {
    expect(typed(field(name), text)).toEqual(value)
    expect(textOf(field(name), value)).toBe(text)
  })

  it('text that is no number is refused', () => {
    expect(() => typed(field('copies'), 'three')).toThrow(SyntaxError)
  })
})

import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { checkShape, namesOf } from '../../../lib/http/check-shape.ts'

const entry = v.strictObject({ n: v.number('a number'), tag: v.optional(v.string('text')) }, 'an object of n and tag')
const schema = v.strictObject(
  { list: v.pipe(v.array(entry, 'a list'), v.maxLength(2, 'at most 2')), deep: v.optional(entry) },
  'a JSON object',
)

function refusalOf(value: unknown) {
  try {
    checkShape(schema, value)
  } catch (error) {
    const {
      field,
      value: shown,
      allowed,
      message,
    } = error as { field: string; value: unknown; allowed: string; message: string }
    return { field, value: shown, allowed, message }
  }
  return undefined
}

describe('checkShape', () => {
  it('returns what fits', () => {
    expect(checkShape(schema, { list: [{ n: 1 }] })).toEqual({ list: [{ n: 1 }] })
    expect(checkShape(v.pipe(v.string(), v.transform(Number)), '7')).toBe(7)
  })

  it.each([
    [{ list: 1 }, 'list', 1, 'a list'],
    [{ list: [{ n: 1 }, { n: 'x' }] }, 'list[1].n', 'x', 'a number'],
    [{ list: [], deep: { n: 1, tag: 7 } }, 'deep.tag', 7, 'text'],
    [{ list: [], deep: { tag: 'x' } }, 'deep.n', undefined, 'a number'],
    [{ list: [], deep: null }, 'deep', null, 'an object of n and tag'],
    [{}, 'list', undefined, 'a list'],
    [{ list: [], deep: { n: 1, m: 1 } }, 'deep.m', 'not an option', 'n, tag'],
    [{ list: [{ n: 1, m: 1 }] }, 'list[0].m', 'not an option', 'n, tag'],
  ])('refuses %j', (given, field, value, allowed) => {
    expect(refusalOf(given)).toMatchObject({ field, value, allowed })
  })

  it('says it as the core does', () => {
    expect(refusalOf({ list: [1, 2, 3].map(n => ({ n })) })?.message).toMatch(/^list is \[.*; allowed: at most 2$/)
    expect(() => checkShape(schema, { list: 1 }, path => `schedule.${path}`)).toThrow(
      'schedule.list is 1; allowed: a list',
    )
  })
})

it('namesOf: the names of an object, whatever it is wrapped in', () => {
  expect(namesOf(schema)).toEqual(['list', 'deep'])
  expect(namesOf(v.optional(entry))).toEqual(['n', 'tag'])
  expect(namesOf(v.string())).toEqual([])
})

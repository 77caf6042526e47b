/** Requests made from the OpenAPI document alone: what it allows, and sometimes nearly that. */
import fc from 'fast-check'
import type { OpenApi, Operation } from '../../support/tooling/openapi.ts'

/** What of JSON Schema the document uses. */
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
}

/** Values that meet a check now and then, by the name of their field: no schema knows which types are registered. */
export type Known = Readonly<Record<string, readonly unknown[]>>

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('', '\u0000', '\ud800', '__proto__', -1, 1e308, 2 ** 53, null),
)

/** Values that a schema allows. */
function valuesOf(schema: Schema, document: OpenApi, known: Known, name = ''): fc.Arbitrary<unknown> {
  const hints = known[name] ?? []
  const own = ownValues(schema, document, known)
  return hints.length === 0 ? own : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...hints) }, own)
}

function ownValues(schema: Schema, document: OpenApi, known: Known): fc.Arbitrary<unknown> {
  const { $ref, enum: values, anyOf, type, minimum = -1e6, maximum = 1e6 } = schema
  if ($ref !== undefined) {
    const target = document.components.schemas[$ref.split('/').at(-1) ?? '']
    return valuesOf(target as Schema, document, known)
  }
  if (values !== undefined) return fc.constantFrom(...values)
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(one => valuesOf(one, document, known)))
  switch (type) {
    case 'object':
      return objectsOf(schema, document, known)
    case 'array': {
      const { items = {}, minItems = 0, maxItems = 5 } = schema
      return fc.array(valuesOf(items, document, known), {
        minLength: minItems,
        maxLength: Math.min(maxItems, minItems + 4),
      })
    }
    case 'integer':
      return fc.integer({ min: minimum, max: maximum })
    case 'number':
      return fc.double({ min: minimum, max: maximum, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'string':
      return textsOf(schema)
    default:
      return anything
  }
}

function textsOf({ pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 40) })
}

function objectsOf({ properties = {}, required = [] }: Schema, document: OpenApi, known: Known): fc.Arbitrary<object> {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const values = valuesOf(schema, document, known, name)
    return [name, required.includes(name) ? values : seldom(values, name in known ? 1 : 15)] as const
  })
  return fc.record(Object.fromEntries(fields)).map(given => {
    const present = Object.entries(given).filter(([, value]) => value !== absent)
    return Object.fromEntries(present)
  })
}

const absent = Symbol('absent')
/** With many fields that exclude each other, a few at a time say more than all of them. */
const seldom = (values: fc.Arbitrary<unknown>, weight: number): fc.Arbitrary<unknown> =>
  fc.oneof({ weight, arbitrary: fc.constant(absent) }, values)

/** The object, with one field of its own changed into anything, left out, or a new one added. */
const nearly = (whole: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: whole },
    fc.tuple(whole, fc.nat(), anything).map(([value, at, other]) => {
      if (typeof value !== 'object' || value === null) return other
      const names = [...Object.keys(value), 'extra']
      return { ...value, [names[at % names.length] ?? 'extra']: other }
    }),
    anything,
  )

export interface DocumentRequest {
  readonly path: string
  readonly method: string
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** One segment of a path; an empty one, and dots alone, are no segment of a URL. */
const segmentOf = (value: string): string => (/^\.{0,2}$/.test(value) ? 'x' : encodeURIComponent(value.toWellFormed()))

export function requestsOf(
  { path, method, operation }: { path: string; method: string; operation: Operation },
  document: OpenApi,
  known: Known,
): fc.Arbitrary<DocumentRequest> {
  const schema = operation.requestBody?.content['application/json']?.schema as Schema | undefined
  const body = schema === undefined ? fc.constant(undefined) : nearly(valuesOf(schema, document, known))
  const parameters = (operation.parameters ?? []).map(one => {
    const values = valuesOf(one.schema, document, known, one.name)
    const mostly = fc.oneof({ weight: 6, arbitrary: values.map(String) }, fc.string({ maxLength: 20 }))
    return [one, one.required ? mostly : fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, mostly)] as const
  })
  return fc.tuple(body, fc.tuple(...parameters.map(([, values]) => values))).map(([given, values]) => {
    const valued = parameters.map(([one], index) => ({ ...one, value: values[index] }))
    const placed = (where: string) => valued.filter(one => one.in === where && one.value !== undefined)
    const query = new URLSearchParams(
      placed('query').map(({ name, value = '' }): [string, string] => [name, value.toWellFormed()]),
    )
    const target = placed('path').reduce(
      (text, { name, value = '' }) => text.replace(`{${name}}`, () => segmentOf(value)),
      path,
    )
    const headers = placed('header').map(({ name, value = '' }) => [name, value.replace(/[^\x20-\x7e]/g, '')])
    return {
      path: query.size === 0 ? target : `${target}?${query.toString()}`,
      method: method.toUpperCase(),
      body: given,
      headers: Object.fromEntries(headers) as Record<string, string>,
    }
  })
}

/** A JSON Schema as a form, and what of a value does not fit it. What this does not know, the API checks. */

export interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
}

export interface Misfit {
  /** `to`, `lines[2].sku`; empty for the value itself. */
  readonly path: string
  readonly message: string
}

/** Deep or recursive schemas are the API's to check. */
const maxDepth = 12

export function misfits(schema: unknown, value: unknown, path = '', depth = 0): readonly Misfit[] {
  if (!isSchema(schema) || depth > maxDepth) return []
  const wrong = (message: string): readonly Misfit[] => [{ path, message }]
  const { type, anyOf } = schema
  if (anyOf !== undefined && !anyOf.some(one => misfits(one, value, path, depth + 1).length === 0)) {
    return wrong('is none of what is allowed')
  }
  const kinds = typeof type === 'string' ? [type] : (type ?? [])
  if (kinds.length > 0 && !kinds.some(kind => isOf(kind, value))) return wrong(`must be ${kinds.join(' or ')}`)
  if (schema.enum !== undefined && !schema.enum.some(one => isSame(one, value))) {
    return wrong(`must be one of ${schema.enum.map(one => JSON.stringify(one)).join(', ')}`)
  }
  if (Object.hasOwn(schema, 'const') && !isSame(schema.const, value)) {
    return wrong(`must be ${JSON.stringify(schema.const)}`)
  }
  if (typeof value === 'string') return textMisfits(schema, value).flatMap(wrong)
  if (typeof value === 'number') return numberMisfits(schema, value).flatMap(wrong)
  if (Array.isArray(value))
    return [...listMisfits(schema, value).flatMap(wrong), ...itemMisfits(schema, value, path, depth)]
  return isObject(value) ? objectMisfits(schema, value, path, depth) : []
}

function textMisfits({ minLength = 0, maxLength = Infinity, pattern }: Schema, value: string): readonly string[] {
  // Characters, as JSON Schema counts.
  const { length } = Array.from(value)
  if (length < minLength) return [minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`]
  if (length > maxLength) return [`must have at most ${maxLength} characters`]
  return pattern !== undefined && isUnlike(pattern, value) ? [`must match ${pattern}`] : []
}

/** A pattern that this browser does not know is the API's to check. */
function isUnlike(pattern: string, value: string): boolean {
  try {
    return !new RegExp(pattern, 'u').test(value)
  } catch {
    return false
  }
}

function numberMisfits(schema: Schema, value: number): readonly string[] {
  const { minimum = -Infinity, maximum = Infinity } = schema
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema
  if (value < minimum) return [`must be at least ${minimum}`]
  if (value > maximum) return [`must be at most ${maximum}`]
  if (value <= exclusiveMinimum) return [`must be more than ${exclusiveMinimum}`]
  return value >= exclusiveMaximum ? [`must be less than ${exclusiveMaximum}`] : []
}

function listMisfits({ minItems = 0, maxItems = Infinity }: Schema, { length }: readonly unknown[]): readonly string[] {
  if (length < minItems) return [`must have at least ${minItems} items`]
  return length > maxItems ? [`must have at most ${maxItems} items`] : []
}

const itemMisfits = ({ items }: Schema, value: readonly unknown[], path: string, depth: number): readonly Misfit[] =>
  value.flatMap((item, index) => misfits(items, item, `${path}[${index}]`, depth + 1))

function objectMisfits(schema: Schema, value: object, path: string, depth: number): readonly Misfit[] {
  const { properties = {}, required = [], additionalProperties = true } = schema
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`)
  const missing = required.filter(name => !Object.hasOwn(value, name))
  return [
    ...missing.map(name => ({ path: at(name), message: 'is missing' })),
    ...Object.entries(value).flatMap(([name, one]) => {
      if (Object.hasOwn(properties, name)) return misfits(properties[name], one, at(name), depth + 1)
      if (additionalProperties === false) return [{ path: at(name), message: 'is not known' }]
      return misfits(additionalProperties, one, at(name), depth + 1)
    }),
  ]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isSchema = (value: unknown): value is Schema => isObject(value)
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

function isOf(kind: string, value: unknown): boolean {
  switch (kind) {
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'integer':
      return Number.isInteger(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === kind
    default:
      return true
  }
}

export type FieldKind = 'text' | 'number' | 'boolean' | 'choice' | 'json'

export interface Field {
  readonly name: string
  readonly kind: FieldKind
  readonly isRequired: boolean
  readonly choices: readonly string[]
  readonly about?: string
}

/** One field for each property of an object; undefined for what is no object with known properties. */
export function fieldsOf(schema: unknown): readonly Field[] | undefined {
  if (!isSchema(schema) || schema.type !== 'object') return undefined
  const { properties = {}, required = [], additionalProperties } = schema
  const names = Object.keys(properties)
  // A property that a form does not show would be lost.
  if (names.length === 0 || isSchema(additionalProperties)) return undefined
  return names.map(name => {
    const one = properties[name] ?? {}
    const about = one.description ?? one.title
    return {
      name,
      kind: kindOf(one),
      isRequired: required.includes(name),
      choices: (one.enum ?? []).map(choice => String(choice)),
      ...(about === undefined ? {} : { about }),
    }
  })
}

function kindOf({ type, enum: choices }: Schema): FieldKind {
  if (choices !== undefined) return choices.every(choice => typeof choice === 'string') ? 'choice' : 'json'
  if (type === 'string') return 'text'
  if (type === 'number' || type === 'integer') return 'number'
  return type === 'boolean' ? 'boolean' : 'json'
}

/** What a person typed into a field; undefined: left out. @throws SyntaxError for text that is no JSON */
export function typed({ kind, isRequired }: Field, text: string): unknown {
  if (kind === 'text') return text === '' && !isRequired ? undefined : text
  if (text.trim() === '') return undefined
  if (kind === 'choice') return text
  if (kind === 'boolean') return text === 'true'
  return JSON.parse(text) as unknown
}

/** The other way: what stands in a field. */
export function textOf({ kind }: Field, value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' && (kind === 'text' || kind === 'choice') ? value : JSON.stringify(value)
}

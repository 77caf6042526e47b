/** Compares what a request brings with a schema, and turns the first difference into the refusal that the core would give. */
import { type BaseIssue, type GenericSchema, type InferOutput, safeParse } from 'valibot'
import { describedInput, InvalidInput } from '../core/values/errors.ts'

/**
 * The schema's output.
 * @param fieldOf how errors name a path, such as `tags[1]`
 * @throws InvalidInput with field, value and what is allowed: the message that the schema carries
 */
export function checkShape<Schema extends GenericSchema>(
  schema: Schema,
  value: unknown,
  fieldOf: (path: string) => string = path => path,
): InferOutput<Schema> {
  const checked = safeParse(schema, value, { abortEarly: true })
  if (checked.success) return checked.output
  throw refusalOf(schema, checked.issues[0], fieldOf)
}

function refusalOf(schema: GenericSchema, issue: BaseIssue<unknown>, fieldOf: (path: string) => string): InvalidInput {
  const keys = (issue.path ?? []).map(({ key }) => key)
  const field = fieldOf(pathText(keys))
  if (issue.kind === 'schema' && issue.expected === 'never') {
    return describedInput(field, 'not an option', entriesAt(schema, keys.slice(0, -1)).join(', '))
  }
  // Of a key that is missing, the object speaks; what is allowed, its own schema knows.
  const allowed = issue.input === undefined ? (messageAt(schema, keys) ?? issue.message) : issue.message
  return new InvalidInput(field, issue.input, allowed)
}

const pathText = (keys: readonly unknown[]): string =>
  keys.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')

/** What the walk below may find in a schema; which of it, the schema's kind decides. */
interface Node {
  readonly entries?: Readonly<Record<string, GenericSchema>>
  readonly item?: GenericSchema
  readonly wrapped?: GenericSchema
  readonly message?: unknown
}

function nodeAt(schema: GenericSchema, keys: readonly unknown[]): Node | undefined {
  let node: Node | undefined = schema as Node
  for (const key of keys) {
    while (node?.wrapped !== undefined) node = node.wrapped as Node
    const next: GenericSchema | undefined = typeof key === 'number' ? node?.item : node?.entries?.[String(key)]
    node = next as Node | undefined
  }
  while (node?.wrapped !== undefined) node = node.wrapped as Node
  return node
}

function messageAt(schema: GenericSchema, keys: readonly unknown[]): string | undefined {
  const message = nodeAt(schema, keys)?.message
  return typeof message === 'string' ? message : undefined
}

const entriesAt = (schema: GenericSchema, keys: readonly unknown[]): readonly string[] =>
  Object.keys(nodeAt(schema, keys)?.entries ?? {})

/** The names that an object's schema knows. */
export const namesOf = (schema: GenericSchema): readonly string[] => entriesAt(schema, [])

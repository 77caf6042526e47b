import type { JobContract } from '../core/definition/contract.ts'
import { InputRefused, ResultRefused, type SchemaIssue, SignalRefused } from '../core/values/errors.ts'

/**
 * Checks an input against the contract's schema: at enqueue, and again before the handler runs.
 * @param input as it is stored: what JSON text gives back
 * @returns the schema's output
 * @throws InputRefused with every issue and its path, or with the schema's own error as its cause
 */
export async function checkInput({ type, input: schema }: JobContract, input: unknown): Promise<unknown> {
  const checked = await validated(schema, 'input', input)
  if (checked.kind === 'fits') return checked.value
  throw new InputRefused(type, checked.issues, checked.options)
}

/**
 * Checks a result against the contract's `output` schema, where there is one: before it is written, and when it is read.
 * @param result as it is stored: what JSON text gives back; undefined for none
 * @returns the schema's output
 * @throws ResultRefused as InputRefused
 */
export async function checkResult({ type, output: schema }: JobContract, result: unknown): Promise<unknown> {
  if (schema === undefined) return result
  const checked = await validated(schema, 'result', result)
  if (checked.kind === 'fits') return checked.value
  throw new ResultRefused(type, checked.issues, checked.options)
}

/**
 * Checks the value of a signal, as it is stored.
 * @returns the schema's output
 * @throws SignalRefused as InputRefused
 */
export async function checkSignal(name: string, schema: JobContract['input'], value: unknown): Promise<unknown> {
  const checked = await validated(schema, 'value', value)
  if (checked.kind === 'fits') return checked.value
  throw new SignalRefused(name, checked.issues, checked.options)
}

type Checked =
  | { readonly kind: 'fits'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly issues: readonly SchemaIssue[]; readonly options?: ErrorOptions }

/** A schema's own check may throw, where it expects what the value does not have. That refuses the value as well. */
async function validated(schema: JobContract['input'], field: string, value: unknown): Promise<Checked> {
  try {
    const result = await schema['~standard'].validate(value)
    if (result.issues === undefined) return { kind: 'fits', value: result.value }
    return { kind: 'refused', issues: result.issues.map(issue => issueOf(field, issue)) }
  } catch (cause) {
    const message = `the schema threw ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`
    return { kind: 'refused', issues: [{ path: field, message }], options: { cause } }
  }
}

/** As the Standard Schema has it. */
interface Issue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
  readonly message: string
}

const issueOf = (field: string, { path = [], message }: Issue): SchemaIssue => ({
  path: [field, ...path.map(part => String(typeof part === 'object' ? part.key : part))].join('.'),
  message,
})

/** The job types that the deployed code knows. */
import type { JobContract } from '../../core/definition/contract.ts'
import type { JobPolicy } from '../../core/definition/policy.ts'
import { isSystemType } from '../../core/definition/runner.ts'
import type { Deps } from '../../ports/deps.ts'

export interface TypeView {
  readonly type: string
  readonly queue: string
  readonly policy: JobPolicy
  /** JSON Schema of the input; null where the schema's library gives none. */
  readonly inputSchema: unknown
}

export const listTypes = ({ runner }: Pick<Deps, 'runner'>): readonly TypeView[] =>
  Object.values(runner.jobs)
    .filter(({ type }) => !isSystemType(type))
    .map(viewOf)
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))

/** Undefined for a type that the deployed code does not know. */
export const getType = ({ runner }: Pick<Deps, 'runner'>, type: string): TypeView | undefined =>
  Object.hasOwn(runner.jobs, type) && runner.jobs[type] !== undefined ? viewOf(runner.jobs[type]) : undefined

const viewOf = (contract: JobContract): TypeView => {
  const { type, queue, policy } = contract
  return { type, queue, policy, inputSchema: jsonSchemaOf(contract) }
}

interface WithJsonSchema {
  readonly jsonSchema?: { readonly input?: (options: object) => unknown }
}

/** By the extension of Standard Schema that zod and arktype have: `~standard.jsonSchema.input`. */
function jsonSchemaOf({ input }: JobContract): unknown {
  const standard = input['~standard'] as WithJsonSchema
  try {
    // A schema that JSON Schema cannot say throws.
    return standard.jsonSchema?.input?.({ target: 'draft-2020-12' }) ?? null
  } catch {
    return null
  }
}

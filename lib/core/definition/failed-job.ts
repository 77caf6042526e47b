/** What the job of a contract's `onFailed` gets: the job that has failed for good. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JobError } from '../job/job-error.ts'
import { checkSchema } from '../values/check-options.ts'

/** A job that has failed for good, as its item stores it for the job that follows. */
export interface StoredFailure {
  readonly id: string
  readonly type: string
  /** 1, and one more for each requeue. */
  readonly generation: number
  /** Starts of the handler in this generation; 0 where the job ended before the first. */
  readonly attempts: number
  /** What `client.get` shows of the failed job has the stack as well. */
  readonly error: Pick<JobError, 'name' | 'message'>
  /** ISO 8601, UTC. */
  readonly failedAt: string
  /** As the failed job's item had it; null where it had expired. Text that is no JSON is here as text. */
  readonly input: unknown
}

/** What a handler for `onFailed` gets. `Output` is what the failed job's own handler got. */
export interface FailedJob<Output = unknown> extends Omit<StoredFailure, 'input'> {
  /** What the schema makes of it. Undefined where the schema refuses it, as where a job ended because its input was refused. */
  readonly input: Output | undefined
  /** As it was stored, whatever the schema says. */
  readonly storedInput: unknown
}

/** What a contract's `onFailed` may be: a job whose input is a failed job. */
export interface FailureContract {
  readonly type: string
  readonly input: StandardSchemaV1<StoredFailure, unknown>
  readonly unique?: unknown
}

/**
 * The input of a job that follows a failed one: see `defineJob({ onFailed })`.
 *
 * @param input the schema of the failed job's input
 * @example
 * export const chargeFailed = defineJob({ type: 'charge-failed', input: failedJob(Charge) })
 * export const charge = defineJob({ type: 'charge', input: Charge, onFailed: chargeFailed })
 * @throws InvalidInput for what is no Standard Schema
 */
export function failedJob<Input, Output>(
  input: StandardSchemaV1<Input, Output>,
): StandardSchemaV1<StoredFailure, FailedJob<Output>> {
  checkSchema('failedJob', input)
  return {
    '~standard': {
      version: 1,
      vendor: 'lamplighter',
      async validate(value) {
        const issue = issueIn(value)
        if (issue !== undefined) return { issues: [issue] }
        const failure = value as StoredFailure
        return { value: { ...failure, input: await outputOf(input, failure.input), storedInput: failure.input } }
      },
    },
  }
}

const kinds = { id: 'string', type: 'string', generation: 'number', attempts: 'number', failedAt: 'string' } as const

function issueIn(value: unknown): StandardSchemaV1.Issue | undefined {
  if (typeof value !== 'object' || value === null) return { message: 'not a failed job' }
  const given = value as Readonly<Record<string, unknown>>
  for (const [name, kind] of Object.entries(kinds)) {
    if (typeof given[name] !== kind) return { message: `a failed job has a ${kind} here`, path: [name] }
  }
  const { error } = given
  const isError = typeof error === 'object' && error !== null && 'name' in error && 'message' in error
  return isError ? undefined : { message: 'a failed job has a name and a message here', path: ['error'] }
}

/** The job failed perhaps for its input alone: what follows runs all the same. */
async function outputOf<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  input: unknown,
): Promise<Output | undefined> {
  try {
    const checked = await schema['~standard'].validate(input)
    return checked.issues === undefined ? checked.value : undefined
  } catch {
    return undefined
  }
}

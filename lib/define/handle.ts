import type { JobContract } from '../core/definition/contract.ts'
import type { CheckedResult, Committed, Written } from '../core/definition/result-type.ts'
import type { RunContext } from '../core/definition/run-context.ts'
import type { JobHandler, Surroundings } from '../core/definition/run-hooks.ts'
import { refuseUnknownKeys } from '../core/values/check-options.ts'
import { surroundingsIn } from './check-surroundings.ts'

const noSurroundings: Surroundings = {}

/** What a handler is called with, and what it may return. */
type Run<Output, Declared, Result> = unknown extends Declared
  ? (input: Output, ctx: RunContext) => Result & CheckedResult<Result>
  : (input: Output, ctx: RunContext<Declared>) => Written<Declared> | Committed | Promise<Written<Declared> | Committed>

/**
 * Binds a handler to its contract. The input has been checked against the schema; the handler gets the schema's output.
 *
 * What it returns becomes the job's result, as JSON: plain objects, lists, texts, numbers, booleans, null, and values
 * with a `toJSON`, such as a Date. Anything else does not compile. Where the contract has an `output` schema, the result
 * must be its input; a handler that commits returns what `ctx.commit` gives.
 *
 * @example
 * export const handlers = [handle(sendMail, async ({ to }, ctx) => deliver(to, { signal: ctx.signal }))]
 * @param surroundings middleware and hooks of this handler alone, inside of the runner's
 * @throws InvalidInput for surroundings that are none
 */
export function handle<Type extends string, Input, Output, Declared, Stored, Result>(
  contract: JobContract<Type, Input, Output, Declared, Stored>,
  run: Run<Output, Declared, Result>,
  surroundings: Surroundings = noSurroundings,
): JobHandler<JobContract<Type, Input, Output, Declared, Stored>> {
  const where = `handle(${contract.type})`
  refuseUnknownKeys(where, surroundings, ['middleware', 'hooks'])
  const checked = surroundings === noSurroundings ? {} : surroundingsIn(where, surroundings)
  return { contract, run: run as JobHandler['run'], ...checked }
}

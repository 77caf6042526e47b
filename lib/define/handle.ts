import type { JobContract } from '../core/definition/contract.ts'
import type { JobHandler, RunContext } from '../core/definition/run-context.ts'

/**
 * Binds a handler to its contract. What it returns becomes the job's result and must be JSON. The input has been
 * checked against the schema; the handler gets the schema's output.
 *
 * @example
 * export const handlers = [handle(sendMail, async ({ to }, ctx) => deliver(to, { signal: ctx.signal }))]
 */
export function handle<Type extends string, Input, Output>(
  contract: JobContract<Type, Input, Output>,
  run: (input: Output, ctx: RunContext) => unknown,
): JobHandler<JobContract<Type, Input, Output>> {
  return { contract, run }
}

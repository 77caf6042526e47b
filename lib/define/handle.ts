import type { JobContract } from '../core/definition/contract.ts'
import type { JobHandler, RunContext } from '../core/definition/run-context.ts'

/**
 * Binds a handler to its contract. The input has been checked against the schema; the handler gets the schema's output.
 *
 * What it returns becomes the job's result, as JSON: plain objects, lists, texts, numbers, booleans, null, and values
 * with a `toJSON`, such as a Date. Anything else does not compile.
 *
 * @example
 * export const handlers = [handle(sendMail, async ({ to }, ctx) => deliver(to, { signal: ctx.signal }))]
 */
export function handle<Type extends string, Input, Output, Result>(
  contract: JobContract<Type, Input, Output>,
  run: (input: Output, ctx: RunContext) => Result & CheckedResult<Result>,
): JobHandler<JobContract<Type, Input, Output>> {
  return { contract, run }
}

/** Asks nothing of a result that is JSON, and a property that nobody has of one that is not. */
export type CheckedResult<Result> =
  unknown extends Awaited<Result>
    ? unknown
    : Awaited<Result> extends Jsonable<Awaited<Result>>
      ? unknown
      : {
          readonly 'the result must be JSON: plain objects, lists, texts, numbers, booleans, null': Jsonable<
            Awaited<Result>
          >
        }

/** The type itself where JSON can carry it; `never` in each place where it cannot. */
type Jsonable<T> = T extends string | number | boolean | null | undefined | void
  ? T
  : T extends { toJSON(...of: never[]): unknown }
    ? T
    : T extends NotJson
      ? never
      : T extends object
        ? { readonly [Key in keyof T]: Jsonable<T[Key]> }
        : never

type NotJson =
  | bigint
  | symbol
  | ((...of: never[]) => unknown)
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  // Response, Blob, ArrayBuffer, promises and their kind: classes that name themselves.
  | { readonly [Symbol.toStringTag]: string }

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
// oxlint-disable-next-line import/no-named-as-default -- middy's types know only the default export
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type { Runner } from '../core/definition/runner.ts'
import type { LambdaTelemetry } from './telemetry.ts'

/** What every function but the worker is made of. */
export interface FunctionOptions {
  /** The contracts; no handler code comes with them. */
  readonly runner: Runner
}

/** What Lambda calls. */
export type LambdaFunction<Event, Result> = (event: Event, context: Context) => Promise<Result>

/**
 * Wraps a plain handler as every function here is wrapped: log lines carry the request id and whether it was a cold
 * start, an error is logged before Lambda sees it, and the metrics are written at the end whatever happened.
 */
export function lambdaHandler<Event, Result>(
  telemetry: LambdaTelemetry,
  handler: LambdaFunction<Event, Result>,
): LambdaFunction<Event, Result> {
  const flush = (): void => telemetry.flush()
  const wrapped = middy<Event, Result>()
    .use(injectLambdaContext(telemetry.logger))
    .use({
      after: flush,
      onError: ({ error }) => {
        telemetry.logger.error('function_failed', { error: error ?? new Error('no error given') })
        flush()
      },
    })
    .handler(handler)
  // A package that depends on this one needs no types of middy.
  return async (event, context) => (await wrapped(event, context, undefined as never)) as Result
}

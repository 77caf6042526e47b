import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
// oxlint-disable-next-line import/no-named-as-default -- middy's types know only the default export
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type { LambdaTelemetry } from './telemetry.ts'

type PlainHandler<Event, Result> = (event: Event, context: Context) => Promise<Result>

/**
 * Wraps a plain handler as every function here is wrapped: log lines carry the request id and whether it was a cold
 * start, an error is logged before Lambda sees it, and the metrics are written at the end whatever happened.
 */
export function compose<Event, Result>(telemetry: LambdaTelemetry, handler: PlainHandler<Event, Result>) {
  const flush = (): Promise<void> => telemetry.flush()
  return middy<Event, Result>()
    .use(injectLambdaContext(telemetry.logger))
    .use({
      after: flush,
      onError: async ({ error }) => {
        telemetry.logger.error('function_failed', { error: error ?? new Error('no error given') })
        await flush()
      },
    })
    .handler(handler)
}

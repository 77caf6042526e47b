import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { apiHandler } from '../http/lambda-adapter.ts'
import { type FunctionOptions, type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'

/** The API function behind an HTTP API (payload format 2.0) or a function URL. */
export function createApi({
  runner,
}: FunctionOptions): LambdaFunction<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  const telemetry = lambdaTelemetry('api')
  const deps = awsDeps(runner, namesFrom(process.env), telemetry)
  return lambdaHandler(
    telemetry,
    apiHandler(deps, (error, { requestId, method, path }) => {
      const shown = error instanceof Error ? error : new Error(String(error))
      telemetry.logger.error('request_failed', { error: shown, http_request_id: requestId, method, path })
    }),
  )
}

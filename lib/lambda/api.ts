import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { mappingsFrom } from '../aws/event-source-mappings.ts'
import { InvalidDefinition, show } from '../core/values/errors.ts'
import { apiHandler } from '../http/lambda-adapter.ts'
import type { HttpOptions } from '../http/route.ts'
import { systemClock } from '../system/clock.ts'
import { type FunctionOptions, type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'

/**
 * The API function behind an HTTP API (payload format 2.0) or a function URL.
 *
 * Its environment says what answers reveal: `LAMPLIGHTER_API_DETAILS` is a list of `types` (the refusal of an unknown
 * job type names the registered ones) and `stacks` (failed jobs show the stack of their error). Without it: neither.
 * @throws InvalidDefinition for another word in the list
 */
export function createApi({
  runner,
}: FunctionOptions): LambdaFunction<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  const telemetry = lambdaTelemetry('api')
  const mappings = mappingsFrom(process.env, systemClock)
  const deps = {
    ...awsDeps(runner, namesFrom(process.env), telemetry),
    ...(mappings === undefined ? {} : { mappings }),
  }
  const options = detailsFrom(process.env['LAMPLIGHTER_API_DETAILS'] ?? '')
  return lambdaHandler(
    telemetry,
    apiHandler(
      deps,
      (error, { requestId, method, path }) => {
        const shown = error instanceof Error ? error : new Error(String(error))
        telemetry.logger.error('request_failed', { error: shown, http_request_id: requestId, method, path })
      },
      options,
    ),
  )
}

function detailsFrom(list: string): HttpOptions {
  const words = list.split(',').map(word => word.trim())
  const unknown = words.find(word => word !== '' && word !== 'types' && word !== 'stacks')
  if (unknown !== undefined) {
    throw new InvalidDefinition(
      `LAMPLIGHTER_API_DETAILS holds ${show(unknown)}; allowed: types, stacks, or both with a comma`,
    )
  }
  return { isTypeListed: words.includes('types'), isStackShown: words.includes('stacks') }
}

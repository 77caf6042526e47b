import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { awsDeps, type Names, namesFrom } from '../aws/connect.ts'
import { mappingsFrom } from '../aws/event-source-mappings.ts'
import { InvalidDefinition, show } from '../core/values/errors.ts'
import type { HostedSettings } from '../dashboard/hosted-page.ts'
import { apiHandler, type HttpEvent, type HttpHandler } from '../http/lambda-adapter.ts'
import type { HttpOptions } from '../http/route.ts'
import type { Deps } from '../ports/deps.ts'
import type { PayloadStore } from '../ports/payload-store.ts'
import { systemClock } from '../system/clock.ts'
import { type FunctionOptions, type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'

/**
 * The API function behind an HTTP API (payload format 2.0) or a function URL.
 *
 * Its environment says what answers reveal: `LAMPLIGHTER_API_DETAILS` is a list of `types` (the refusal of an unknown
 * job type names the registered ones) and `stacks` (failed jobs show the stack of their error). Without it: neither.
 * `LAMPLIGHTER_DASHBOARD`, which the construct sets, makes it serve the dashboard to the routes that are not the API's.
 * @throws InvalidDefinition for another word in the list
 */
export function createApi({
  runner,
}: FunctionOptions): LambdaFunction<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  const telemetry = lambdaTelemetry('api')
  const mappings = mappingsFrom(process.env, systemClock)
  const names = namesFrom(process.env)
  const onAws = awsDeps(runner, names, telemetry)
  const deps = {
    ...onAws,
    ...(mappings === undefined ? {} : { mappings }),
    ...(names.payloads === undefined ? {} : { payloads: lateBucket(onAws, names) }),
  }
  const options = detailsFrom(process.env['LAMPLIGHTER_API_DETAILS'] ?? '')
  const answer = apiHandler(
    deps,
    (error, { requestId, method, path }) => {
      const shown = error instanceof Error ? error : new Error(String(error))
      telemetry.logger.error('request_failed', { error: shown, http_request_id: requestId, method, path })
    },
    options,
  )
  return lambdaHandler(telemetry, withPage(answer, process.env['LAMPLIGHTER_DASHBOARD']))
}

/** Loaded with the first input that lies there: few requests have one, and no cold start should read how S3 is asked. */
function lateBucket(deps: Deps, names: Names): PayloadStore {
  let bucket: Promise<PayloadStore> | undefined
  const load = async (): Promise<PayloadStore> => {
    const { bucketOf } = await import('../aws/s3-payloads.ts')
    return bucketOf(deps, names.payloads ?? '')
  }
  const loaded = (): Promise<PayloadStore> => {
    bucket ??= load()
    return bucket
  }
  return { get: async key => (await loaded()).get(key), put: async object => (await loaded()).put(object) }
}

/** What matched at the gateway; absent from function URLs. */
type RoutedEvent = HttpEvent & { readonly routeKey?: string }

/**
 * Hands requests to the page by the gateway's route, never by their path: a route of the page asks for no token, and
 * the path `/assets/../v1/jobs` would be the API's here.
 * @param dashboard JSON, from the construct. Absent: there is no page
 */
function withPage(answer: HttpHandler, dashboard: string | undefined): (event: RoutedEvent) => ReturnType<HttpHandler> {
  if (dashboard === undefined) return answer
  let page: Promise<HttpHandler> | undefined
  const load = async (): Promise<HttpHandler> => {
    const { hostedPage } = await import('../dashboard/hosted-page.ts')
    const serve = hostedPage(JSON.parse(dashboard) as HostedSettings)
    return async event => serve(event)
  }
  return async event => {
    if (apiRoute.test(event.routeKey ?? '')) return answer(event)
    page ??= load()
    return (await page)(event)
  }
}

/** `GET /v1/{proxy+}`, `POST /v1/jobs`. */
const apiRoute = /^[A-Z]+ \/v1\//

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

import { Annotations, RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { bundle } from './bundle.ts'
import { entryOf } from './entries.ts'
import type { InnerSpec } from './inner-spec.ts'
import { accessOf, statementsFor } from './permissions.ts'
import { runnerFunction } from './runner-function.ts'

/** API Gateway waits 30 s for its integration, and no longer. …/apigateway/…/http-api-quotas.html */
const timeoutMs = 29_000
/** Under a third of a CPU: a request is one write and one message. */
const memorySize = 512

export interface JobApiSettings {
  readonly auth: 'iam' | 'none' | IHttpRouteAuthorizer
  readonly requestsPerSecond: number
}

export interface JobApi {
  readonly api: HttpApi
  readonly function: LambdaFunction
}

/** The HTTP API and the function behind it. One route: hono knows the paths. */
export function jobApi(scope: Construct, spec: InnerSpec, settings: JobApiSettings): JobApi {
  const handler = runnerFunction(scope, 'ApiFunction', spec.settings, {
    description: 'Lamplighter: the HTTP API',
    bundle: bundle('api', entryOf('api', spec.runnerEntry)),
    timeoutMs,
    memorySize,
    environment: spec.environment,
    statements: statementsFor(accessOf.api, spec.resources),
  })
  const api = new HttpApi(scope, 'Api', {
    description: 'Lamplighter: enqueue jobs and look at them',
    createDefaultStage: false,
  })
  const integration = new HttpLambdaIntegration('ApiIntegration', handler)
  api.addRoutes({
    path: '/v1/{proxy+}',
    methods: [HttpMethod.ANY],
    integration,
    authorizer: authorizerOf(settings.auth),
  })
  const accessLogs = new LogGroup(scope, 'ApiAccessLogs', {
    retention: spec.settings.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  new HttpStage(scope, 'ApiStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: settings.requestsPerSecond, burstLimit: settings.requestsPerSecond * 2 },
    accessLogSettings: {
      destination: new LogGroupLogDestination(accessLogs),
      format: AccessLogFormat.custom(logFormat),
    },
  })
  if (settings.auth === 'none') {
    Annotations.of(scope).addWarningV2(
      'lamplighter:open-api',
      "apiAuth is 'none': anybody who finds the API's address may enqueue jobs and read their inputs and results",
    )
  }
  return { api, function: handler }
}

function authorizerOf(auth: JobApiSettings['auth']): IHttpRouteAuthorizer {
  if (auth === 'iam') return new HttpIamAuthorizer()
  if (auth === 'none') return new HttpNoneAuthorizer()
  return auth
}

/** Who called what, and what came of it: nothing of a job's input. */
const logFormat = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  caller: '$context.identity.caller',
  ip: '$context.identity.sourceIp',
  latencyMs: '$context.responseLatency',
  integrationError: '$context.integrationErrorMessage',
})

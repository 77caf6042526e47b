import { Annotations, Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { bundle } from '../../lib/bundle/bundle.ts'
import { entryOf } from '../../lib/bundle/entries.ts'
import { singleFunctions } from '../../lib/core/definition/deployment.ts'
import { InvalidDefinition } from '../../lib/core/values/errors.ts'
import { type ApiScope, grantScope, scopedRoutes, tokenScope } from '../access/api-scopes.ts'
import { mappingsEnvironment } from '../access/environment.ts'
import { accessOf, statementsFor } from '../access/permissions.ts'
import { type ApiAuth, isJwt } from '../props/api-auth.ts'
import type { DashboardSettings } from '../props/dashboard-props.ts'
import { addPageRoutes, dashboardEnvironment, withDashboard } from './dashboard.ts'
import type { InnerSpec } from './inner-spec.ts'
import { codeOf, runnerFunction } from './runner-function.ts'

const { timeoutMs, memorySize } = singleFunctions.api

export interface ApiSettings {
  readonly auth: ApiAuth
  readonly requestsPerSecond: number
  readonly cors: CorsPreflightOptions | undefined
  readonly details: readonly string[]
  /** Absent: nobody looks at jobs there. */
  readonly dashboard: DashboardSettings | undefined
}

/** The HTTP API and the function behind it. The function knows the paths. */
export class JobApi extends Construct {
  readonly function: LambdaFunction
  readonly http: HttpApi
  readonly stage: HttpStage
  readonly #auth: ApiSettings['auth']

  constructor(scope: Construct, spec: InnerSpec, settings: ApiSettings) {
    super(scope, 'Api')
    const { auth, requestsPerSecond, cors, details, dashboard } = settings
    this.#auth = auth
    const code = bundle('api', entryOf('api', spec.runnerEntry))
    this.function = runnerFunction(this, spec.settings, {
      description: 'Lamplighter: the HTTP API',
      code: codeOf(dashboard === undefined ? code : withDashboard(code)),
      timeoutMs,
      memorySize,
      environment: {
        ...spec.environment,
        ...mappingsEnvironment(this, spec.mappings),
        ...(details.length === 0 ? {} : { LAMPLIGHTER_API_DETAILS: details.join() }),
        ...(dashboard === undefined ? {} : dashboardEnvironment(this, dashboard)),
      },
      statements: statementsFor(accessOf.api, { ...spec.resources, mappings: Object.values(spec.mappings) }),
    })
    this.http = new HttpApi(this, 'HttpApi', {
      description: 'Lamplighter: enqueue jobs and look at them',
      createDefaultStage: false,
      ...(cors === undefined ? {} : { corsPreflight: { ...defaultCors, ...cors } }),
    })
    const integration = new HttpLambdaIntegration('ApiIntegration', this.function)
    this.#addRoutes(integration, cors === undefined ? [HttpMethod.ANY] : methodsWithCors)
    if (dashboard !== undefined) addPageRoutes(this.http, integration)
    this.stage = stageOf(this, this.http, { requestsPerSecond, retention: spec.settings.logRetention })
    if (auth === 'none') {
      Annotations.of(this).addWarningV2(
        'lamplighter:open-api',
        "apiAuth is 'none': anybody who finds the API's address may enqueue, read, cancel and delete jobs",
      )
    }
  }

  /** @throws InvalidDefinition unless the API asks for IAM credentials */
  grant(scope: ApiScope, grantee: IGrantable): Grant {
    if (this.#auth !== 'iam') {
      throw new InvalidDefinition(`${this.node.path} does not ask for IAM credentials: apiAuth is not 'iam'`)
    }
    return grantScope(this.http, scope, grantee)
  }

  /** One route for all, unless tokens need a scope for each: IAM, and other authorizers, see method and path themselves. */
  #addRoutes(integration: HttpLambdaIntegration, methods: HttpMethod[]): void {
    const auth = this.#auth
    const authorizer = authorizerOf(auth)
    if (!isJwt(auth)) {
      this.http.addRoutes({ path: '/v1/{proxy+}', methods, integration, authorizer })
      return
    }
    for (const { method, path, scopes } of scopedRoutes) {
      const own = method === 'ANY' ? methods.filter(one => one !== HttpMethod.GET) : [HttpMethod[method]]
      const authorizationScopes = scopes.map(tokenScope)
      this.http.addRoutes({ path, methods: own, integration, authorizer, authorizationScopes })
    }
  }
}

/**
 * A route for each method, because API Gateway answers preflights itself only where no route takes OPTIONS: `ANY` does,
 * and its authorizer refuses a preflight, which never carries a token.
 * docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
const methodsWithCors = [
  HttpMethod.GET,
  HttpMethod.HEAD,
  HttpMethod.POST,
  HttpMethod.PUT,
  HttpMethod.PATCH,
  HttpMethod.DELETE,
]

/** What the API's own requests need. */
const defaultCors: CorsPreflightOptions = {
  allowHeaders: [
    'authorization',
    'content-type',
    'idempotency-key',
    'if-match',
    'if-none-match',
    'traceparent',
    'tracestate',
  ],
  allowMethods: [
    CorsHttpMethod.GET,
    CorsHttpMethod.POST,
    CorsHttpMethod.PUT,
    CorsHttpMethod.PATCH,
    CorsHttpMethod.DELETE,
  ],
  exposeHeaders: ['etag', 'location', 'retry-after'],
  maxAge: Duration.hours(1),
}

function stageOf(
  scope: Construct,
  httpApi: HttpApi,
  { requestsPerSecond, retention }: { readonly requestsPerSecond: number; readonly retention: RetentionDays },
): HttpStage {
  const accessLogs = new LogGroup(scope, 'AccessLogs', { retention, removalPolicy: RemovalPolicy.DESTROY })
  return new HttpStage(scope, 'Stage', {
    httpApi,
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: requestsPerSecond, burstLimit: requestsPerSecond * 2 },
    accessLogSettings: {
      destination: new LogGroupLogDestination(accessLogs),
      format: AccessLogFormat.custom(logFormat),
    },
  })
}

function authorizerOf(auth: ApiSettings['auth']): IHttpRouteAuthorizer {
  if (auth === 'iam') return new HttpIamAuthorizer()
  if (auth === 'none') return new HttpNoneAuthorizer()
  if (!isJwt(auth)) return auth
  const { issuer, audience } = auth.jwt
  return new HttpJwtAuthorizer('Jwt', issuer, { jwtAudience: [...audience] })
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

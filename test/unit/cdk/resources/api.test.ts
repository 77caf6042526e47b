import { Template } from 'aws-cdk-lib/assertions'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobRunnerProps } from '../../../../cdk/job-runner.ts'
import { jobRunner, messagesOf } from '../lanterns-app.ts'
import { allOf } from '../resources.ts'

// Bundles are made once for the whole file, which takes its time on a busy machine.
beforeAll(() => void jobRunner(), 60_000)

const withProps = (props: Partial<JobRunnerProps>): Template => Template.fromStack(jobRunner(() => props).stack)
const propertiesOf = (template: Template, type: string) =>
  allOf(template, `AWS::ApiGatewayV2::${type}`).map(({ Properties }) => Properties)
const routesOf = (template: Template) =>
  propertiesOf(template, 'Route').map(one => [one['RouteKey'], one['AuthorizationType']])
const jwt = () => new HttpJwtAuthorizer('Jwt', 'https://issuer.example', { jwtAudience: ['jobs'] })

it('asks for IAM credentials on its one route, and warns of nothing', () => {
  const { app, stack } = jobRunner()
  expect(routesOf(Template.fromStack(stack))).toEqual([['ANY /v1/{proxy+}', 'AWS_IAM']])
  expect(messagesOf(app)).toEqual([])
})

it('is throttled, and logs each call as JSON', () => {
  const [stage] = propertiesOf(withProps({}), 'Stage')
  expect(stage).toMatchObject({
    StageName: '$default',
    AutoDeploy: true,
    DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
  })
  const settings = stage?.['AccessLogSettings'] as { Format: string } | undefined
  expect(JSON.parse(settings?.Format ?? '')).toMatchObject({
    requestId: '$context.requestId',
    status: '$context.status',
  })
})

it('is left out where nobody wants it, with its function', () => {
  const { stack, jobs } = jobRunner(() => ({ api: false }))
  const template = Template.fromStack(stack)
  expect(propertiesOf(template, 'Api')).toEqual([])
  expect(allOf(template, 'AWS::Lambda::Function')).toHaveLength(7)
  expect([jobs.api, jobs.apiStage, jobs.apiFunction]).toEqual([undefined, undefined, undefined])
})

it('is open only where that was said, and then warns', () => {
  const { app, stack } = jobRunner(() => ({ apiAuth: 'none' }))
  expect(routesOf(Template.fromStack(stack))).toEqual([['ANY /v1/{proxy+}', 'NONE']])
  expect(messagesOf(app)).toEqual([expect.stringMatching(/^warning: "apiAuth is 'none': anybody/)])
})

it('takes an authorizer', () => {
  const template = withProps({ apiAuth: jwt(), apiRequestsPerSecond: 5 })
  expect(routesOf(template)).toEqual([['ANY /v1/{proxy+}', 'JWT']])
  expect(propertiesOf(template, 'Stage')).toMatchObject([
    { DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 } },
  ])
})

it('shows its stage, for a custom domain', () => {
  const { jobs } = jobRunner()
  expect(jobs.apiStage?.stageName).toBe('$default')
  expect(jobs.apiFunction?.node.path).toBe('Lanterns/Jobs/Api/Function')
})

it('apiDetails: what its answers reveal; nothing by default', () => {
  const details = (props: Partial<JobRunnerProps>) =>
    JSON.stringify(allOf(withProps(props), 'AWS::Lambda::Function')).match(/"LAMPLIGHTER_API_DETAILS":"[^"]*"/g)
  expect(details({ apiDetails: ['types', 'stacks'] })).toEqual(['"LAMPLIGHTER_API_DETAILS":"types,stacks"'])
  expect(details({})).toBeNull()
})

describe('apiCors', () => {
  it('leaves preflights to API Gateway: no route takes OPTIONS, each other one keeps its authorizer', () => {
    const template = withProps({ apiAuth: jwt(), apiCors: { allowOrigins: ['https://shop.example'] } })
    expect(propertiesOf(template, 'Api')).toMatchObject([
      {
        CorsConfiguration: {
          AllowOrigins: ['https://shop.example'],
          AllowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
          AllowHeaders: [
            'authorization',
            'content-type',
            'idempotency-key',
            'if-match',
            'if-none-match',
            'traceparent',
            'tracestate',
          ],
          ExposeHeaders: ['etag', 'location', 'retry-after'],
          MaxAge: 3_600,
        },
      },
    ])
    const routes = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'].map(method => `${method} /v1/{proxy+} JWT`)
    expect(
      routesOf(template)
        .map(route => route.join(' '))
        .toSorted(),
    ).toEqual(routes)
  })

  it('there is none by default', () => {
    expect(propertiesOf(withProps({}), 'Api')[0]).not.toHaveProperty('CorsConfiguration')
  })
})

describe('apiAuth: jwt', () => {
  const apiAuth = { jwt: { issuer: 'https://login.example', audience: ['jobs'] } }

  it('asks for the scope of each route; whoever operates may read and write too', () => {
    const template = withProps({ apiAuth })
    const routes = propertiesOf(template, 'Route').map(one => [one['RouteKey'], one['AuthorizationScopes']])
    expect(Object.fromEntries(routes)).toEqual({
      'POST /v1/jobs': ['jobs:write', 'jobs:operate'],
      'POST /v1/jobs/batch': ['jobs:write', 'jobs:operate'],
      'POST /v1/batches': ['jobs:write', 'jobs:operate'],
      'GET /v1/{proxy+}': ['jobs:read', 'jobs:operate'],
      'ANY /v1/{proxy+}': ['jobs:operate'],
    })
    expect(new Set(routesOf(template).map(([, type]) => type))).toEqual(new Set(['JWT']))
    expect(propertiesOf(template, 'Authorizer')).toMatchObject([
      { AuthorizerType: 'JWT', JwtConfiguration: { Issuer: 'https://login.example', Audience: ['jobs'] } },
    ])
  })

  it('leaves preflights to API Gateway', () => {
    const template = withProps({ apiAuth, apiCors: { allowOrigins: ['https://shop.example'] } })
    const keys = propertiesOf(template, 'Route').map(one => one['RouteKey'])
    expect(keys.filter(key => /^(ANY|OPTIONS) /.test(String(key)))).toEqual([])
    expect(keys.filter(key => String(key).startsWith('GET '))).toEqual(['GET /v1/{proxy+}'])
  })
})

describe('grants of the API', () => {
  const roleIn = (stack: ReturnType<typeof jobRunner>['stack']) =>
    new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })

  it.each([
    ['grantApiRead', ['/*/GET/v1/*']],
    ['grantApiWrite', ['/*/POST/v1/jobs', '/*/POST/v1/jobs/batch', '/*/POST/v1/batches']],
    ['grantApiOperate', ['/*/*/v1/*']],
  ] as const)('%s allows exactly its routes', (grant, paths) => {
    const { stack, jobs } = jobRunner()
    jobs[grant](roleIn(stack)).assertSuccess()
    const [policy] = allOf(Template.fromStack(stack), 'AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties['Roles']).includes('"Caller'),
    )
    const document = policy?.Properties['PolicyDocument'] as { Statement: readonly object[] } | undefined
    expect(document?.Statement).toMatchObject([{ Action: 'execute-api:Invoke', Effect: 'Allow' }])
    const text = JSON.stringify(document?.Statement)
    expect([...text.matchAll(/"JobsApiHttpApi[^"]*"\},"([^"]*)"/g)].map(([, path]) => path)).toEqual(paths)
  })

  it.each(['grantApiRead', 'grantApiWrite', 'grantApiOperate'] as const)('%s says why it cannot', grant => {
    const none = jobRunner(() => ({ api: false }))
    expect(() => none.jobs[grant](roleIn(none.stack))).toThrow(/^Lanterns\/Jobs has no API: its prop api is false$/)
    const other = jobRunner(() => ({ apiAuth: jwt() }))
    expect(() => other.jobs[grant](roleIn(other.stack))).toThrow(/does not ask for IAM credentials/)
  })
})

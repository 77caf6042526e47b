/** What the construct makes of the prop `dashboard`, and that it opens nothing else. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { UserPool } from 'aws-cdk-lib/aws-cognito'
import { AwsSolutionsChecks } from 'cdk-nag'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { JobRunnerProps } from '../../../../cdk/job-runner.ts'
import { bundlePage } from '../../../../lib/dashboard/bundle-page.ts'
import { pagePaths } from '../../../../lib/dashboard/page-paths.ts'
import { jobRunner } from '../lanterns-app.ts'
import { allOf } from '../resources.ts'

const jwt = { issuer: 'https://login.example', audience: ['jobs'] }
const hosted: Partial<JobRunnerProps> = { apiAuth: { jwt }, dashboard: { oidc: { clientId: 'page' } } }

let made: ReturnType<typeof jobRunner>
let template: Template

beforeAll(() => {
  made = jobRunner(() => hosted)
  template = Template.fromStack(made.stack)
}, 60_000)

const routesOf = (of: Template) => allOf(of, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties)

/** The folder that becomes the code of the API's function. */
function codeOf({ app, stack }: typeof made): string {
  const functions = allOf(Template.fromStack(stack), 'AWS::Lambda::Function').map(({ Properties }) => Properties)
  const api = functions.find(one => one['Description'] === 'Lamplighter: the HTTP API')
  const code = api?.['Code'] as { readonly S3Key: string } | undefined
  return join(app.synth().directory, `asset.${code?.S3Key.replace('.zip', '')}`)
}

describe('a hosted dashboard', () => {
  it('its pages and files are open to everybody; whatever is below /v1 asks for a token', () => {
    const open = routesOf(template).filter(one => one['AuthorizationType'] === 'NONE')
    const keys = [...pagePaths, '/assets/{proxy+}'].map(path => `GET ${path}`)
    expect(new Set(open.map(one => one['RouteKey']))).toEqual(new Set(keys))
    const others = routesOf(template).filter(one => one['AuthorizationType'] !== 'NONE')
    expect(Object.fromEntries(others.map(one => [one['RouteKey'], one['AuthorizationType']]))).toEqual({
      'ANY /v1/{proxy+}': 'JWT',
      'GET /v1/{proxy+}': 'JWT',
      'POST /v1/jobs': 'JWT',
      'POST /v1/jobs/batch': 'JWT',
      'POST /v1/batches': 'JWT',
    })
  })

  it('no page has a route below the API', () => {
    expect(pagePaths.filter(path => path.startsWith('/v1'))).toEqual([])
  })

  it('the function is told where to sign in', () => {
    const [text] =
      JSON.stringify(allOf(template, 'AWS::Lambda::Function'))
        .match(/"LAMPLIGHTER_DASHBOARD":("(?:[^"\\]|\\.)*")/)
        ?.slice(1) ?? []
    expect(JSON.parse(JSON.parse(text ?? '""') as string)).toEqual({
      target: 'Lanterns',
      oidc: { issuer: jwt.issuer, clientId: 'page', scopes: ['jobs:read', 'jobs:operate'], parameters: {} },
    })
  })

  it('the page lies beside the code, which is what it is without the page', async () => {
    const [withPage, without] = [codeOf(made), codeOf(jobRunner(() => ({ apiAuth: { jwt } })))]
    expect(existsSync(join(without, 'dashboard'))).toBe(false)
    expect(readFileSync(join(withPage, 'index.mjs'))).toEqual(readFileSync(join(without, 'index.mjs')))
    for (const [path, bytes] of Object.entries(await bundlePage())) {
      expect(readFileSync(join(withPage, 'dashboard', basename(path)))).toEqual(bytes)
    }
  })

  it('needs no permission more', () => {
    const policies = (of: Template) =>
      allOf(of, 'AWS::IAM::Policy').map(({ Properties }) => Properties['PolicyDocument'])
    expect(policies(template)).toEqual(policies(Template.fromStack(jobRunner(() => ({ apiAuth: { jwt } })).stack)))
  })

  it('says its address', () => {
    const outputs = Object.keys(template.toJSON()['Outputs'] as object)
    expect(outputs).toContain('JobsDashboardUrl')
    expect(Object.keys(Template.fromStack(jobRunner().stack).toJSON()['Outputs'] as object)).not.toContain(
      'JobsDashboardUrl',
    )
  })

  it('cdk-nag finds nothing', () => {
    const found = new AwsSolutionsChecks(made.jobs).validateScope(made.jobs).violations.map(({ ruleName }) => ruleName)
    expect(found).toEqual([])
  })

  it('takes an issuer and a client of the same app, whose names are not known yet', () => {
    const other = jobRunner(stack => {
      const pool = new UserPool(Stack.of(stack), 'People')
      const issuer = pool.userPoolProviderUrl
      const clientId = pool.addClient('Page').userPoolClientId
      return { apiAuth: { jwt: { issuer, audience: [clientId] } }, dashboard: { oidc: { clientId } } }
    })
    const text = JSON.stringify(allOf(Template.fromStack(other.stack), 'AWS::Lambda::Function'))
    expect(text).toMatch(/"LAMPLIGHTER_DASHBOARD":\{"Fn::Join"/)
  })

  it.each<[Partial<JobRunnerProps>, RegExp]>([
    [{ dashboard: { oidc: { clientId: 'page' } } }, /^JobRunner\(Lanterns\/Jobs\)\.apiAuth is 'iam'; allowed: \{ jwt/],
    [{ ...hosted, apiAuth: 'none' }, /^JobRunner\(Lanterns\/Jobs\)\.apiAuth is 'none'; allowed: \{ jwt/],
    [{ ...hosted, api: false }, /^JobRunner\(Lanterns\/Jobs\)\.api is false/],
  ])('is refused where it cannot work', (props, message) => {
    expect(() => jobRunner(() => props)).toThrow(message)
  })
})

describe('the deployed function', () => {
  let handler: (event: object, context: object) => Promise<{ readonly statusCode: number; readonly body: string }>

  beforeAll(async () => {
    const dashboard = { target: 'Lanterns', oidc: { issuer: jwt.issuer, clientId: 'page', scopes: [], parameters: {} } }
    vi.stubEnv('LAMPLIGHTER_DASHBOARD', JSON.stringify(dashboard))
    vi.stubEnv('LAMPLIGHTER_TABLE', 'jobs')
    vi.stubEnv('LAMPLIGHTER_RECORDS', 'records')
    vi.stubEnv('LAMPLIGHTER_QUEUES', '{"default":"http://127.0.0.1:9/0/a","mail":"http://127.0.0.1:9/0/b"}')
    vi.stubEnv('AWS_REGION', 'us-east-1')
    const code = pathToFileURL(join(codeOf(made), 'index.mjs')).href
    handler = ((await import(/* @vite-ignore */ code)) as { readonly handler: typeof handler }).handler
  })
  afterAll(() => vi.unstubAllEnvs())

  /** An event of API Gateway, whose `rawPath` is decoded. */
  const ask = (routeKey: string | undefined, rawPath: string) => {
    const http = { method: 'GET', path: rawPath }
    const requestContext = { requestId: 'r', http }
    const event = { routeKey, rawPath, rawQueryString: '', headers: {}, requestContext, isBase64Encoded: false }
    return handler(event, { functionName: 'api', awsRequestId: 'r' })
  }

  it.each([
    ['GET /', '/'],
    ['GET /jobs/{name}', '/jobs/ä b'],
    ['GET /assets/{proxy+}', '/assets/app.js'],
    ['GET /assets/{proxy+}', '/assets/sign-in.js'],
    ['GET /assets/{proxy+}', '/assets/served.json'],
  ])('%s: %s is the page', async (routeKey, path) => {
    expect(await ask(routeKey, path)).toMatchObject({ statusCode: 200, isBase64Encoded: true })
  })

  it('answers with the API where the gateway asked for a token', async () => {
    const { statusCode, body } = await ask('GET /v1/{proxy+}', '/v1/openapi.json')
    expect([statusCode, body.includes('"openapi":"3.1')]).toEqual([200, true])
  })

  it.each([
    ['GET /assets/{proxy+}', '/v1/openapi.json'],
    ['GET /assets/{proxy+}', '/assets/../v1/openapi.json'],
    ['GET /assets/{proxy+}', '/assets/..\\v1/openapi.json'],
    ['GET /jobs/{name}', '/jobs/../v1/openapi.json'],
    ['GET /jobs/{name}', '/jobs/x?/../../v1/openapi.json'],
    ['$default', '/v1/openapi.json'],
    [undefined, '/v1/openapi.json'],
  ])('never where it did not: %s, %s', async (routeKey, path) => {
    expect(await ask(routeKey, path)).toMatchObject({ statusCode: 404, body: 'There is no such page' })
  })
})

/** What a test asks the deployed services: signed requests, and what a stack consists of. */
import { AwsClient } from 'aws4fetch'
import { region } from './place.ts'

const endpoint = (): string => process.env['AWS_ENDPOINT_URL'] ?? ''

const signer = (service: string): AwsClient =>
  new AwsClient({ accessKeyId: 'test', secretAccessKey: 'test', service, region, retries: 0 })

/** @throws Error for any answer but 2xx */
async function ask(service: string, path: string, init: RequestInit = {}): Promise<string> {
  const response = await signer(service).fetch(`${endpoint()}${path}`, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${service} ${path}: ${response.status} ${text}`)
  return text
}

const askQuery = (service: string, version: string, parameters: Readonly<Record<string, string>>): Promise<string> =>
  ask(service, '/', {
    method: 'POST',
    body: new URLSearchParams({ Version: version, ...parameters }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

const askJson = (service: string, target: string): Promise<string> =>
  ask(service, '/', {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
  })

/** Calls a function and waits for what it returns. @throws Error when it failed */
export async function invoke(functionName: string, payload: unknown): Promise<unknown> {
  const path = `/2015-03-31/functions/${functionName}/invocations`
  const text = await ask('lambda', path, { method: 'POST', body: JSON.stringify(payload) })
  const answer = JSON.parse(text) as { errorMessage?: string }
  if (answer?.errorMessage !== undefined) throw new Error(`${functionName}: ${text}`)
  return answer
}

/**
 * A request to a deployed HTTP API. Its own host name resolves in the cloud only; the emulator also takes its id as a path.
 * @param isSigned with Signature Version 4, as `execute-api` wants it
 */
export function callApi(apiUrl: string, path: string, init: RequestInit = {}, isSigned = true): Promise<Response> {
  const id = /^https?:\/\/([^.]+)\.execute-api\./.exec(apiUrl)?.[1] ?? ''
  const url = `${endpoint()}/_aws/execute-api/${id}/$default${path}`
  return isSigned ? signer('execute-api').fetch(url, init) : fetch(url, init)
}

export interface Part {
  /** `AWS::SQS::Queue` … */
  readonly type: string
  readonly physicalId: string
}

/** What CloudFormation says a stack consists of. */
export async function partsOf(stack: string): Promise<readonly Part[]> {
  const xml = await askQuery('cloudformation', '2010-05-15', { Action: 'ListStackResources', StackName: stack })
  return [...xml.matchAll(/<member>(.*?)<\/member>/gs)].map(([, member = '']) => ({
    type: element(member, 'ResourceType'),
    physicalId: element(member, 'PhysicalResourceId'),
  }))
}

const element = (xml: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replaceAll('&amp;', '&') ?? ''

/** Types that stand by themselves, and what lists them. All others are a part of one of these. */
const listings: Readonly<Record<string, () => Promise<string>>> = {
  'AWS::DynamoDB::GlobalTable': () => askJson('dynamodb', 'DynamoDB_20120810.ListTables'),
  'AWS::SQS::Queue': () => askQuery('sqs', '2012-11-05', { Action: 'ListQueues' }),
  'AWS::Lambda::Function': () => ask('lambda', '/2015-03-31/functions/'),
  'AWS::Lambda::EventSourceMapping': () => ask('lambda', '/2015-03-31/event-source-mappings/'),
  'AWS::IAM::Role': () => askQuery('iam', '2010-05-08', { Action: 'ListRoles' }),
  'AWS::Logs::LogGroup': () => askJson('logs', 'Logs_20140328.DescribeLogGroups'),
  'AWS::Events::Rule': () => askJson('events', 'AWSEvents.ListRules'),
  'AWS::ApiGatewayV2::Api': () => ask('apigateway', '/v2/apis'),
  'AWS::CloudWatch::Alarm': describeAlarms,
}

/** Of all stacks: they come in pages. */
async function describeAlarms(): Promise<string> {
  let all = ''
  let from: string | undefined
  do {
    const next = from === undefined ? {} : { NextToken: from }
    const page = await askQuery('monitoring', '2010-08-01', { Action: 'DescribeAlarms', MaxRecords: '100', ...next })
    all += page
    from = element(page, 'NextToken') || undefined
  } while (from !== undefined)
  return all
}

/** Which of these parts the services themselves list, as `type physicalId`, sorted. */
export async function standing(parts: readonly Part[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const [type, list] of Object.entries(listings)) {
    const wanted = parts.filter(part => part.type === type)
    if (wanted.length === 0) continue
    const text = await list()
    found.push(
      ...wanted.filter(({ physicalId }) => text.includes(physicalId)).map(part => `${type} ${part.physicalId}`),
    )
  }
  return found.toSorted()
}

/** Those of these parts that `standing` can find. */
export const listed = (parts: readonly Part[]): readonly string[] =>
  parts
    .filter(({ type }) => Object.hasOwn(listings, type))
    .map(({ type, physicalId }) => `${type} ${physicalId}`)
    .toSorted()

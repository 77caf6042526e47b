/** Requests to AWS that no client of the SDK makes, signed with the credentials that the SDK finds. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { AwsClient } from 'aws4fetch'
import { LamplighterError, Unavailable } from '../core/values/errors.ts'

/** No credentials, no region, or AWS says no. */
export class NotAllowed extends LamplighterError {
  override readonly name = 'NotAllowed'
  readonly code = 'not_allowed'
}

/** There is no stack of this name in the region. */
class UnknownStack extends LamplighterError {
  override readonly name = 'UnknownStack'
  readonly code = 'unknown_stack'
}

export interface AwsRequests {
  /** @throws NotAllowed without credentials; whatever fetch throws */
  send(service: string, request: Request): Promise<Response>
  /** @throws NotAllowed without one */
  region(): Promise<string>
  /** ARN of who signs. Undefined where STS does not say it. */
  caller(): Promise<string | undefined>
  /**
   * Outputs of a CloudFormation stack, by name.
   * @throws NotAllowed, UnknownStack, Unavailable
   */
  stackOutputs(stack: string): Promise<ReadonlyMap<string, string>>
}

export interface AwsRequestsOptions {
  readonly fetch: typeof fetch
  /** @default AWS_REGION, or that of the profile */
  readonly region?: string
  /** @default AWS_PROFILE, or `default` */
  readonly profile?: string
}

export function awsRequests({ fetch, ...given }: AwsRequestsOptions): AwsRequests {
  // Any client finds credentials and region in the same way; this one is there already.
  const { config } = new DynamoDBClient(given)
  const region = (): Promise<string> => found('AWS region (set AWS_REGION, or give --region)', () => config.region())
  const send = async (service: string, request: Request): Promise<Response> => {
    const { accessKeyId, secretAccessKey, sessionToken } = await found('AWS credentials', () => config.credentials())
    const session = sessionToken === undefined ? {} : { sessionToken }
    const signer = new AwsClient({ accessKeyId, secretAccessKey, ...session, service, region: await region() })
    return fetch(await signer.sign(request))
  }
  return {
    send,
    region,
    caller: async () => callerOf(await region(), send),
    stackOutputs: async stack => outputsOf(stack, await region(), send),
  }
}

async function found<Value>(what: string, value: () => Promise<Value>): Promise<Value> {
  try {
    return await value()
  } catch (error) {
    throw new NotAllowed(`no ${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

type Send = AwsRequests['send']

const timeoutMs = 10_000

/** A request to one of the services that take forms and answer with XML. */
interface FormRequest {
  readonly service: 'cloudformation' | 'sts'
  readonly region: string
  readonly form: Readonly<Record<string, string>>
}

function ask({ service, region, form }: FormRequest, send: Send): Promise<Response> {
  const own = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? process.env['AWS_ENDPOINT_URL']
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams(form).toString()
  const endpoint = own ?? `https://${service}.${region}.amazonaws.com`
  const signal = AbortSignal.timeout(timeoutMs)
  return send(service, new Request(`${endpoint}/`, { method: 'POST', headers, body, signal }))
}

/** …/STS/latest/APIReference/API_GetCallerIdentity.html: everybody may ask it. */
async function callerOf(region: string, send: Send): Promise<string | undefined> {
  const form = { Action: 'GetCallerIdentity', Version: '2011-06-15' }
  try {
    const xml = await (await ask({ service: 'sts', region, form }, send)).text()
    return /<Arn>([^<]*)<\/Arn>/.exec(xml)?.[1]
  } catch (error) {
    if (error instanceof LamplighterError) throw error
    // A name for people: what is asked works without it.
    return undefined
  }
}

/** `prod  eu-west-1  as alice (AdminRole)`: whoever acts on something sees first what it is, and as whom. */
export const awsLine = (name: string, region: string, caller: string | undefined): string =>
  [name, region, ...(caller === undefined ? [] : [`as ${nameIn(caller)}`])].join('  ')

/** @param arn `arn:aws:sts::1:assumed-role/AdminRole/alice`, or `arn:aws:iam::1:user/alice` */
function nameIn(arn: string): string {
  const [kind, ...names] = (arn.split(':').at(-1) ?? arn).split('/')
  const name = names.at(-1) ?? kind ?? arn
  return kind === 'assumed-role' && names.length > 1 ? `${name} (${names[0]})` : name
}

/** …/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
async function outputsOf(stack: string, region: string, send: Send): Promise<ReadonlyMap<string, string>> {
  const form = { Action: 'DescribeStacks', Version: '2010-05-15', StackName: stack }
  let response: Response
  try {
    response = await ask({ service: 'cloudformation', region, form }, send)
  } catch (error) {
    if (error instanceof LamplighterError) throw error
    throw new Unavailable('CloudFormation', error)
  }
  const xml = await response.text()
  if (!response.ok) {
    const message = /<Message>([^<]*)<\/Message>/.exec(xml)?.[1] ?? `status ${response.status}`
    if (/does not exist/.test(message)) throw new UnknownStack(`there is no stack ${stack} in ${region}`)
    if (response.status >= 500) throw new Unavailable('CloudFormation', new Error(message))
    throw new NotAllowed(`CloudFormation: ${message}`)
  }
  const output = /<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)<\/OutputValue>/g
  return new Map([...xml.matchAll(output)].map(([, name = '', value = '']) => [name, unescaped(value)]))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (all, name: string) => entities[name] ?? all)

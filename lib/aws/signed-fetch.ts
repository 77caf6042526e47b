/** Requests to AWS that no client of the SDK makes, signed with the credentials that the SDK finds. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { AwsClient } from 'aws4fetch'
import { LamplighterError, Unavailable } from '../core/values/errors.ts'

/** No credentials, no region, or AWS says no. */
class NotAllowed extends LamplighterError {
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
}

export function awsRequests({ fetch, region: given }: AwsRequestsOptions): AwsRequests {
  // Any client finds credentials and region in the same way; this one is there already.
  const { config } = new DynamoDBClient(given === undefined ? {} : { region: given })
  const region = (): Promise<string> => found('AWS region (set AWS_REGION, or give --region)', () => config.region())
  const send = async (service: string, request: Request): Promise<Response> => {
    const { accessKeyId, secretAccessKey, sessionToken } = await found('AWS credentials', () => config.credentials())
    const session = sessionToken === undefined ? {} : { sessionToken }
    const signer = new AwsClient({ accessKeyId, secretAccessKey, ...session, service, region: await region() })
    return fetch(await signer.sign(request))
  }
  return { send, region, stackOutputs: async stack => outputsOf(stack, await region(), send) }
}

async function found<Value>(what: string, value: () => Promise<Value>): Promise<Value> {
  try {
    return await value()
  } catch (error) {
    throw new NotAllowed(`no ${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** …/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
async function outputsOf(
  stack: string,
  region: string,
  send: AwsRequests['send'],
): Promise<ReadonlyMap<string, string>> {
  const { AWS_ENDPOINT_URL_CLOUDFORMATION: own, AWS_ENDPOINT_URL: all } = process.env
  const endpoint = own ?? all ?? `https://cloudformation.${region}.amazonaws.com`
  const body = new URLSearchParams({ Action: 'DescribeStacks', Version: '2010-05-15', StackName: stack }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  let response: Response
  try {
    response = await send('cloudformation', new Request(`${endpoint}/`, { method: 'POST', headers, body }))
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

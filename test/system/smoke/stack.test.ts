/** The deployed stack that LAMPLIGHTER_SMOKE_STACK names: real IAM lets through what it should, and nothing else. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { AwsClient } from 'aws4fetch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const stack = process.env['LAMPLIGHTER_SMOKE_STACK'] ?? ''
/** A worker that starts cold, and a stream that wakes. */
const endsWithinMs = 60_000

const dynamo = new DynamoDBClient({})
const csv = 'city,amount\nBerlin,2\nOslo,40\n'
const order: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ type: 'summarise-csv', input: { csv } }),
}

/** With the credentials that the SDK finds: keys, a profile, a role. */
async function signer(service: string): Promise<AwsClient> {
  const { accessKeyId, secretAccessKey, sessionToken } = await dynamo.config.credentials()
  const region = await dynamo.config.region()
  const session = sessionToken === undefined ? {} : { sessionToken }
  return new AwsClient({ accessKeyId, secretAccessKey, ...session, service, region, retries: 0 })
}

/** @throws Error when there is no such stack, or it may not be looked at */
async function outputsOf(name: string): Promise<ReadonlyMap<string, string>> {
  const aws = await signer('cloudformation')
  const region = await dynamo.config.region()
  const endpoint = process.env['AWS_ENDPOINT_URL_CLOUDFORMATION'] ?? `https://cloudformation.${region}.amazonaws.com`
  const body = new URLSearchParams({ Action: 'DescribeStacks', Version: '2010-05-15', StackName: name }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const response = await aws.fetch(`${endpoint}/`, { method: 'POST', headers, body })
  const xml = await response.text()
  if (!response.ok) throw new Error(`DescribeStacks ${name}: ${response.status} ${xml}`)
  const output = /<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)<\/OutputValue>/g
  return new Map([...xml.matchAll(output)].map(([, key = '', value = '']) => [key, value]))
}

describe(`the deployed stack ${stack}`, () => {
  let api: AwsClient
  let url: string
  let table: string

  beforeAll(async () => {
    const outputs = await outputsOf(stack)
    url = outputs.get('JobsApiUrl') ?? ''
    table = outputs.get('JobsTableName') ?? ''
    expect([url, table], 'the outputs JobsApiUrl and JobsTableName').not.toContain('')
    api = await signer('execute-api')
  })
  afterAll(() => dynamo.destroy())

  async function ended(id: string): Promise<unknown> {
    const giveUpAt = Date.now() + endsWithinMs
    for (;;) {
      const response = await api.fetch(`${url}/v1/jobs/${id}`)
      const job = (await response.json()) as { state?: string }
      if (['COMPLETED', 'FAILED', 'CANCELLED'].includes(job.state ?? '') || Date.now() > giveUpAt) return job
      await delay(500)
    }
  }

  it('refuses a job that is not signed', async () => {
    expect((await fetch(`${url}/v1/jobs`, order)).status).toBe(403)
  })

  it('takes a signed one, and its job runs: the roles of API and worker suffice', async () => {
    const posted = await api.fetch(`${url}/v1/jobs`, order)
    expect(posted.status).toBe(201)
    const { id } = (await posted.json()) as { id: string }
    expect(await ended(id)).toMatchObject({ state: 'COMPLETED', result: { rows: 2 } })
  })

  it('runs an item that was put straight into the table: the role of the dispatcher suffices', async () => {
    const id = `smoke-${randomUUID()}`
    const attributes = { id, type: 'summarise-csv', state: 'AVAILABLE', input: JSON.stringify({ csv }) }
    const item = Object.fromEntries(Object.entries(attributes).map(([name, text]) => [name, { S: text }]))
    await dynamo.send(new PutItemCommand({ TableName: table, Item: item }))
    expect(await ended(id)).toMatchObject({ state: 'COMPLETED', result: { rows: 2 } })
  })
})

import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { dynamoClient, sqsClient } from '../../../lib/aws/connect.ts'

let server: Server
let connections: number
let asked: string[]

beforeEach(async () => {
  connections = 0
  asked = []
  server = createServer((request, response) => {
    asked.push(String(request.headers['x-amz-target']))
    response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}')
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  vi.stubEnv('AWS_REGION', 'eu-central-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint)
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

it('reach the endpoints that the SDK’s own variables name, over connections that are used again', async () => {
  const [dynamo, sqs] = [dynamoClient(), sqsClient()]
  for (let call = 0; call < 5; call += 1) {
    await dynamo.send(new ListTablesCommand())
    await sqs.send(new ListQueuesCommand())
  }
  dynamo.destroy()
  sqs.destroy()
  expect(asked.filter(target => target === 'DynamoDB_20120810.ListTables')).toHaveLength(5)
  expect(asked.filter(target => target === 'AmazonSQS.ListQueues')).toHaveLength(5)
  expect(connections).toBe(2)
})

it('try three times', async () => {
  server.removeAllListeners('request')
  server.on('request', (_, response: ServerResponse) => {
    asked.push('failed')
    response.writeHead(500).end('{}')
  })
  const dynamo = dynamoClient()
  await expect(dynamo.send(new ListTablesCommand())).rejects.toThrow('UnknownError')
  dynamo.destroy()
  expect(asked).toHaveLength(3)
})

it('prepare no log entry that nobody reads', () => {
  for (const client of [dynamoClient(), sqsClient()]) {
    expect(client.middlewareStack.identify().join('\n')).not.toContain('loggerMiddleware')
    client.destroy()
  }
})

import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTable } from '../../../../lib/aws/dynamodb/create-table.ts'
import { toItem } from '../../../../lib/aws/dynamodb/item.ts'
import { DynamoJobStore } from '../../../../lib/aws/dynamodb/job-store.ts'
import { tableDefinition } from '../../../../lib/aws/dynamodb/table.ts'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import { requeueIfEnded } from '../../../../lib/core/transitions/requeue.ts'
import { startIfDispatched } from '../../../../lib/core/transitions/start.ts'
import { startDynoxide } from '../../../../lib/dev/engines/dynoxide.ts'
import { VirtualClock } from '../../../../lib/testing/virtual-clock.ts'
import { engineSettings } from '../../../contract/conformance/dynamo-harness.ts'
import { homeFor, now, sample } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'

let engine: Awaited<ReturnType<typeof startDynoxide>>
let client: DynamoDBClient
const table = 'made'

beforeAll(async () => {
  engine = await startDynoxide()
  client = new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
  await createTable(client, table)
})
afterAll(async () => {
  client.destroy()
  await engine.stop()
})

it('makes the table as it is defined', async () => {
  const { Table: made } = await client.send(new DescribeTableCommand({ TableName: table }))
  expect(made).toMatchObject({
    KeySchema: tableDefinition.KeySchema,
    GlobalSecondaryIndexes: tableDefinition.GlobalSecondaryIndexes,
    StreamSpecification: tableDefinition.StreamSpecification,
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    TableStatus: 'ACTIVE',
  })
  const { TimeToLiveDescription: ttl } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }))
  expect(ttl).toEqual({ AttributeName: 'ttl', TimeToLiveStatus: 'ENABLED' })
})

it('leaves a table that is there as it is', async () => {
  await client.send(new PutItemCommand({ TableName: table, Item: { id: { S: 'kept' } } }))
  await createTable(client, table)
  const { Item: item } = await client.send(new GetItemCommand({ TableName: table, Key: { id: { S: 'kept' } } }))
  expect(item).toEqual({ id: { S: 'kept' } })
})

it('changes of a job leave the attributes of others as they are, by either way of writing', async () => {
  const store = new DynamoJobStore({ client, table, clock: new VirtualClock(now), random: { fraction: () => 0 } })
  const foreign = { colour: { S: 'red' }, nested: { M: { a: { L: [{ N: '1' }] } } } }
  const failed = { ...sample('FAILED'), id: 'job-1' }
  await client.send(new PutItemCommand({ TableName: table, Item: { ...toItem(failed), ...foreign } }))
  const outcomes = await store.apply([
    {
      id: 'job-1',
      transition: requeueIfEnded(read(failed), {
        dueAt: now,
        now,
        request: 'rt',
        policy: defaultPolicy,
        home: homeFor(read(failed)),
      }),
    },
    { id: 'job-1', transition: startIfDispatched(4, { now, owner: 'me', policy: defaultPolicy }, true) },
  ])
  expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'applied'])
  const { Item: item } = await client.send(new GetItemCommand({ TableName: table, Key: { id: { S: 'job-1' } } }))
  expect(item).toMatchObject(foreign)
})

import { expect, it } from 'vitest'
import { dynamoHarness } from '../../contract/conformance/dynamo-harness.ts'
import { describeJobStore } from '../../contract/conformance/job-store.ts'
import { dynamoRecordHarness } from '../../contract/conformance/record-harness.ts'
import { describeRecordStore } from '../../contract/conformance/record-store.ts'
import { isOnLoopbackOnly, startDynamoDbLocal } from './dynamodb-local.ts'

it('runs where nothing but loopback can reach the engine', () => {
  expect(isOnLoopbackOnly()).toBe(true)
})

describeJobStore('DynamoDB Local', async () => dynamoHarness(await startDynamoDbLocal()))
describeRecordStore('DynamoDB Local', async () => dynamoRecordHarness(await startDynamoDbLocal()))

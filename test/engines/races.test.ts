import { dynamoHarness } from '../conformance/dynamo-harness.ts'
import { describeRaces } from '../races/describe-races.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describeRaces('DynamoDB Local', async () => dynamoHarness(await startDynamoDbLocal()))

import { dynamoHarness } from '../../contract/conformance/dynamo-harness.ts'
import { describeRaces } from '../../contract/races/describe-races.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describeRaces('DynamoDB Local', async () => dynamoHarness(await startDynamoDbLocal()))

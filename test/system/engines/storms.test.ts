import { describeStorms } from '../../contract/faults/storms.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describeStorms('DynamoDB Local', startDynamoDbLocal)

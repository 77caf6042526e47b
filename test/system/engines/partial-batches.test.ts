import { describePartialBatches } from '../../contract/faults/partial-batches.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describePartialBatches('DynamoDB Local', startDynamoDbLocal)

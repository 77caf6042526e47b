import { describeAmbiguousWrites } from '../../contract/faults/ambiguous-writes.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describeAmbiguousWrites('DynamoDB Local', startDynamoDbLocal)

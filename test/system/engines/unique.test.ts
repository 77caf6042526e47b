import { describeUnique } from '../../contract/unique/describe-unique.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describeUnique('DynamoDB Local', startDynamoDbLocal, false)

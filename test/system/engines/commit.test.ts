import { describeCommit } from '../../contract/commit/describe-commit.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describeCommit('DynamoDB Local', startDynamoDbLocal)

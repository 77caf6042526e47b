import { describeBank } from '../../contract/commit/describe-bank.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describeBank('DynamoDB Local', 100, startDynamoDbLocal)

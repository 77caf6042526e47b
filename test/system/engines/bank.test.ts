import { describeBank } from '../../contract/commit/describe-bank.ts'
import { startDynamoDbLocal } from './dynamodb-local.ts'

describeBank('DynamoDB Local', { count: 100, kills: 40 }, startDynamoDbLocal)

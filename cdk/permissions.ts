/**
 * What each role may do, as data: exactly what the bundles send. test/cdk/least-privilege.test.ts records their requests
 * and compares. A statement batch has no permission of its own; each of its statements has.
 */
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { indexName } from '../lib/aws/dynamodb/table.ts'

export interface Access {
  /** Ends and retries of jobs go to the event bus, where there is one. */
  readonly tells?: true
  readonly table: readonly string[]
  readonly index?: readonly string[]
  readonly queues?: readonly string[]
}

const enqueue: Access = {
  // BatchGetItem: whose the id is that was taken. PartiQLUpdate: a message that could not be sent.
  table: ['dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:BatchGetItem'],
  queues: ['sqs:SendMessage'],
}

export const accessOf = {
  enqueue,
  read: { table: ['dynamodb:BatchGetItem'] },
  // UpdateItem: the rare transitions that clean up more than a statement can.
  operate: {
    table: ['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    queues: ['sqs:SendMessage'],
  },
  api: enqueue,
  // Its own queue only. Lambda receives and deletes in the worker's name.
  worker: {
    tells: true,
    table: ['dynamodb:PartiQLUpdate', 'dynamodb:UpdateItem', 'dynamodb:BatchGetItem'],
    queues: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
  },
  // GetItem and UpdateItem: the record of shards, and a cancelled job whose lease ended.
  sweeper: {
    tells: true,
    table: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate', 'dynamodb:UpdateItem'],
    index: ['dynamodb:Query'],
    queues: ['sqs:SendMessage'],
  },
  dispatcher: {
    tells: true,
    table: ['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate', 'dynamodb:UpdateItem'],
    queues: ['sqs:SendMessage'],
  },
  // The one role that may scan. GetItem: the record of shards.
  reconciler: { table: ['dynamodb:Scan', 'dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:BatchGetItem'] },
} as const satisfies Record<string, Access>

export interface Resources {
  readonly table: Table
  readonly queues: readonly Queue[]
  readonly encryptionKey: IKey | undefined
  readonly eventBus: IEventBus | undefined
}

export function statementsFor(access: Access, resources: Resources): readonly PolicyStatement[] {
  const { table, queues, encryptionKey, eventBus } = resources
  return [
    statement(access.table, [table.tableArn]),
    ...(access.index === undefined ? [] : [statement(access.index, [`${table.tableArn}/index/${indexName}`])]),
    ...(access.queues === undefined
      ? []
      : [
          statement(
            access.queues,
            queues.map(queue => queue.queueArn),
          ),
        ]),
    ...(access.tells !== true || eventBus === undefined
      ? []
      : [statement(['events:PutEvents'], [eventBus.eventBusArn])]),
    ...(encryptionKey === undefined ? [] : [statement(keyActions, [encryptionKey.keyArn])]),
  ]
}

/** What DynamoDB and SQS do with a key in the caller's name. …/developerguide/encryption.usagenotes.html */
const keyActions = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
]

export const statement = (actions: readonly string[], resources: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: [...actions], resources: [...resources] })

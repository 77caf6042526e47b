/** Jobs as they stand in the tables of a deployment, and those of one family. */
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import { toRecordItem } from '../../../lib/aws/dynamodb/record-item.ts'
import type { RawJob } from '../../../lib/core/job/job.ts'
import { laneOf } from '../../../lib/core/job/lane.ts'
import type { GroupName } from '../../../lib/core/job/parent.ts'
import { groupRecords } from '../../../lib/core/records/group.ts'
import { type Deployment, recordTableName, tableName } from './lanterns-deployment.ts'

export const minute = 60_000
export const queues = { default: 'light', mail: 'post' } as const
export type Queue = keyof typeof queues
export const allTypes = { ...queues, lamplighter: 'lamplighter.bulk' } as const
export type AnyQueue = keyof typeof allTypes
export async function put(deployment: Deployment, item: RawJob): Promise<void> {
  await deployment.dynamo.send(new PutItemCommand({ TableName: tableName, Item: toItem(item) }))
}

/** A job as it stands in the table, an hour old. */
export const job = (queue: AnyQueue, id: string, changes: RawJob): RawJob => ({
  id,
  type: allTypes[queue],
  queue,
  input: '{"act":"complete"}',
  attempt: 0,
  attemptsLeft: 3,
  scheduledAt: Date.now() - minute,
  insertedAt: Date.now() - 60 * minute,
  fence: 1,
  shard: 0,
  lane: laneOf(queue, 'live', 0),
  lookAt: Date.now() - minute,
  ...changes,
})

/** The group of a job that has no life. */
export const family = (id: string): GroupName => ({ id, life: '-', generation: 1, name: 'parts' })

/** A job that waits for the last of its children. */
export async function waitForLastChild(deployment: Deployment, queue: AnyQueue, id: string): Promise<void> {
  await put(deployment, job(queue, id, { state: 'WAITING' }))
  for (const record of groupRecords(family(id), { of: 1, madeAt: Date.now(), isBound: false, keepMs: 0 })) {
    await deployment.dynamo.send(new PutItemCommand({ TableName: recordTableName, Item: toRecordItem(record) }))
  }
}

/** Nobody waits a minute here. */
export async function makeOutboxDue({ dynamo }: Deployment): Promise<void> {
  const { Items: items = [] } = await dynamo.send(new ScanCommand({ TableName: recordTableName }))
  const [waiting] = items.filter(({ id }) => id?.S?.startsWith('#outbox') === true)
  if (waiting === undefined) throw new Error('nothing waits in the outbox')
  const Item = { ...waiting, lookAt: { S: new Date(Date.now() - minute).toISOString() } }
  await dynamo.send(new PutItemCommand({ TableName: recordTableName, Item }))
}

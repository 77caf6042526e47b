import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { type ParkedJob, ticketKeyOf } from '../../../lib/app/gates/line.ts'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import { toRecordItem } from '../../../lib/aws/dynamodb/record-item.ts'
import type { RawJob } from '../../../lib/core/job/job.ts'
import { newGate } from '../../../lib/core/records/gate.ts'
import { gateKey, gateLane, queueKey } from '../../../lib/core/records/keys.ts'
import { type Deployment, recordTableName, tableName } from './lanterns-deployment.ts'

/** A job in line at a gate with a free place. Nobody hands it on: the worker died that should have. */
export async function leaveInLine({ dynamo }: Deployment, gate: string, job: RawJob): Promise<void> {
  const parked = Date.now() - 60_000
  const waiting = { ...job, state: 'AVAILABLE', gate, parked } as ParkedJob
  await dynamo.send(new PutItemCommand({ TableName: tableName, Item: toItem(waiting) }))
  const watched = { ...newGate(gate, parked).attributes, lane: gateLane(waiting.queue, 0), lookAt: parked }
  const ticket = { ...ticketKeyOf(waiting), attributes: { job: waiting.id, parkedAt: parked } }
  for (const record of [{ ...gateKey(gate), attributes: watched }, ticket]) {
    await dynamo.send(new PutItemCommand({ TableName: recordTableName, Item: toRecordItem(record) }))
  }
}

/** The queue with a window is behind: whoever sends into it joins the line, and hands out what is there. */
export async function beBehind({ dynamo }: Deployment): Promise<void> {
  const behind = toRecordItem({ ...queueKey('mail'), attributes: { behind: 1 } })
  await dynamo.send(new PutItemCommand({ TableName: recordTableName, Item: behind }))
}

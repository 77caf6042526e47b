/** DynamoDB itself: every statement, what is billed, and what a batch answers. run.ts makes and deletes the table. */
import { setTimeout as delay } from 'node:timers/promises'
import { BatchExecuteStatementCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, describe, expect, it } from 'vitest'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import { DynamoJobStore } from '../../../lib/aws/dynamodb/job-store.ts'
import { DynamoRecordStore } from '../../../lib/aws/dynamodb/record-store.ts'
import { renderTransition } from '../../../lib/aws/dynamodb/render.ts'
import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import { startIfDispatched } from '../../../lib/core/transitions/start.ts'
import { systemClock } from '../../../lib/system/clock.ts'
import { systemRandom } from '../../../lib/system/random.ts'
import { harnessOn } from '../../contract/conformance/dynamo-harness.ts'
import { describeJobStore } from '../../contract/conformance/job-store.ts'
import { recordHarnessOn } from '../../contract/conformance/record-harness.ts'
import { describeRecordStore } from '../../contract/conformance/record-store.ts'
import { now, sample, second } from '../../contract/conformance/sample.ts'
import { describeCosts } from '../../unit/aws/dynamodb/cost-cases.ts'

const table = process.env['LAMPLIGHTER_SMOKE_TABLE'] ?? ''

/** The index follows the table, mostly within a second; nothing tells when it has. A scan is not consistent either. */
const settleMs = 2_000

/** For cases that look at once, which real callers never rely on. */
class PatientStore extends DynamoJobStore {
  override async due(...query: Parameters<DynamoJobStore['due']>) {
    await delay(settleMs)
    return super.due(...query)
  }

  override async scan(...part: Parameters<DynamoJobStore['scan']>) {
    await delay(settleMs)
    return super.scan(...part)
  }
}

class PatientRecords extends DynamoRecordStore {
  override async due(...query: Parameters<DynamoRecordStore['due']>) {
    await delay(settleMs)
    return super.due(...query)
  }

  override async query(query: Parameters<DynamoRecordStore['query']>[0]) {
    if (query.isConsistent !== true) await delay(settleMs)
    return super.query(query)
  }
}

describeRecordStore('AWS', async () => {
  const client = new DynamoDBClient({})
  const harness = await recordHarnessOn(client, table, async () => client.destroy())
  const names = { table: `${table}-records`, jobTable: table }
  return { ...harness, records: new PatientRecords({ client, ...names, clock: systemClock, random: systemRandom }) }
})

describeCosts('AWS', async () => ({ table, connect: () => new DynamoDBClient({}), stop: async () => undefined }))

describe('a batch of statements on AWS', () => {
  const client = new DynamoDBClient({})
  afterAll(() => client.destroy())

  it('hands back the item that refused, as Error.Item, and carries out its neighbour', async () => {
    const transition = startIfDispatched(3, { now, owner: 'smoke-owner-16ch', policy: defaultPolicy }, true)
    const items = [9, 3].map(fence =>
      toItem({ ...sample('RESERVED', { fence, lookAt: now + 100 * second }), id: `batch-${fence}` }),
    )
    for (const item of items) await client.send(new PutItemCommand({ TableName: table, Item: item }))
    const statements = items.map(({ id }) => {
      const rendered = renderTransition(table, id?.S ?? '', transition)
      if (rendered.kind !== 'statement') throw new Error('a start is a statement')
      return rendered.statement
    })
    const { Responses: responses } = await client.send(new BatchExecuteStatementCommand({ Statements: statements }))
    const [refused, done] = responses ?? []
    expect(done?.Error).toBeUndefined()
    expect(done?.Item?.['state']).toEqual({ S: 'IN_PROGRESS' })
    expect(refused?.Error?.Code).toBe('ConditionalCheckFailed')
    // Embedded engines leave it out, and this fails there; without it each refusal costs a read more.
    expect(refused?.Error?.Item, 'Error.Item: AWS hands it back, an emulator may not').toStrictEqual(items[0])
  })
})

describeJobStore('AWS', async () => {
  const client = new DynamoDBClient({})
  const harness = await harnessOn(client, table, async () => client.destroy())
  // Times are the cases' own; a pause before a retry is real.
  const clock = { ...systemClock, now: () => harness.clock.now() }
  return { ...harness, store: new PatientStore({ client, table, clock, random: { fraction: () => 0 } }) }
})

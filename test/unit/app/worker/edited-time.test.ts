/** A time that was edited in the console, on a real engine: the table compares texts, this code compares instants. */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import * as v from 'valibot'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { enqueue } from '../../../../lib/app/enqueue/enqueue.ts'
import { tick } from '../../../../lib/app/sweeper/tick.ts'
import { dynamoClient } from '../../../../lib/aws/connect.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import { handle } from '../../../../lib/define/handle.ts'
import { type Engines, startEngines } from '../../../support/engines.ts'
import { pump } from '../../../support/pump.ts'

const job = defineJob({ type: 'edited', input: v.object({}) })
const runner = defineRunner({ jobs: [job] })
let engines: Engines
beforeAll(async () => {
  engines = await startEngines(['default'])
})
afterAll(() => engines.stop())

it('with an offset: its message does not cycle, and the job runs at the next tick', async () => {
  const deps = engines.deps(runner)
  const url = engines.names.queues['default'] ?? ''
  const handlers = [handle(job, () => 'done')]
  const { id } = await enqueue(deps, { type: 'edited', input: {} })
  // Due for half an hour, but as text later than any time of the next half hour.
  const text = `${new Date(Date.now() + 1_800_000).toISOString().slice(0, 19)}+01:00`
  await dynamoClient().send(
    new UpdateItemCommand({
      TableName: engines.names.table,
      Key: { id: { S: id } },
      UpdateExpression: 'SET scheduledAt = :at',
      ExpressionAttributeValues: { ':at': { S: text } },
    }),
  )
  expect(await pump(deps, handlers, 'default', url)).toBe(1)
  const [adopted] = await deps.store.get([id])
  expect(adopted).toMatchObject({ state: 'AVAILABLE', attempt: 0, scheduledAt: Date.parse(text) })
  expect(await pump(deps, handlers, 'default', url)).toBe(0)
  await tick(deps, Date.now() + 10_000)
  await pump(deps, handlers, 'default', url)
  expect((await deps.store.get([id]))[0]).toMatchObject({ state: 'COMPLETED', attempt: 1 })
})

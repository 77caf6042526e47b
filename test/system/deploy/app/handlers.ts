import { setTimeout as delay } from 'node:timers/promises'
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { FailForGood } from '../../../../lib/core/definition/handler-errors.ts'
import { handle } from '../../../../lib/define/handle.ts'
import { alwaysFails, endless, failsOnce, greet, journey, killsWorker, slow, steered } from './jobs.ts'

/** Put in by the bundler: another edition is other code. */
declare const EDITION: string

const table = new DynamoDBClient()

/** Says in a table of the application how often something was done. */
const done = (id: string) => ({
  TableName: process.env['EFFECTS_TABLE'] ?? '',
  Key: { id: { S: id } },
  UpdateExpression: 'ADD made :one',
  ExpressionAttributeValues: { ':one': { N: '1' } },
})

export const handlers = [
  handle(greet, ({ name }) => ({ greeting: `Hello ${name}`, edition: EDITION })),
  handle(alwaysFails, (_, { attempt }) => {
    throw new Error(`no luck at attempt ${attempt}`)
  }),
  handle(failsOnce, (_, { job }) => {
    if (job.generation === 1) throw new FailForGood('not before somebody has a look')
    return { generation: job.generation }
  }),
  handle(killsWorker, (_, { attempt }) => {
    if (attempt === 1) process.kill(process.pid, 'SIGKILL')
    return { attempt }
  }),
  handle(endless, (_, { signal }) => new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))),
  handle(steered, () => ({ edition: EDITION })),
  handle(slow, async ({ ms, number }) => {
    await delay(ms)
    return { number, edition: EDITION }
  }),
  handle(journey, async ({ legs }, ctx) => {
    const map = await ctx.step('map', () => 'x'.repeat(400_000))
    const starts: number[] = []
    for (let leg = 1; leg <= legs; leg += 1) {
      const start = await ctx.step(`leg ${leg}`, async ({ id }) => {
        await delay(2_000)
        await table.send(new UpdateItemCommand(done(id)))
        return ctx.attempt
      })
      starts.push(start)
    }
    await ctx.sleep('night', '3s')
    await ctx.stepCommit('toll', [{ Update: done(`${ctx.job.id}#1#toll`) }])
    const arrived = await ctx.waitFor<{ by: string }>('arrived', { timeout: '5m' })
    return { starts, by: arrived?.by, map: map.length }
  }),
]

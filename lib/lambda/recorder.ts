import type { Context, ScheduledEvent } from 'aws-lambda'
import { flushOutbox, type OutboxReport } from '../app/record/outbox.ts'
import { recordBatch } from '../app/record/record-batch.ts'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { eventBusFrom } from '../aws/eventbridge/connect-bus.ts'
import { histories } from '../core/definition/runner.ts'
import { oneOf } from '../core/values/check-options.ts'
import { systemClock } from '../system/clock.ts'
import { type FunctionOptions, type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { recordChanges, type ShardAnswer, type ShardEvent } from './record-changes.ts'
import { lambdaTelemetry } from './telemetry.ts'

/** Time to finish the page in hand, and to write the metrics. */
const marginMs = 5_000

/**
 * The recorder function: records of the table's stream in, by shard; and once a minute, where there is an event bus,
 * what the bus did not take.
 *
 * `LAMPLIGHTER_HISTORY`: what is kept of queues whose definition does not say. `LAMPLIGHTER_SOLE_SHARD`: the shard of
 * events that name none; only for engines whose stream has one shard.
 */
export function createRecorder({
  runner,
}: FunctionOptions): LambdaFunction<ShardEvent | ScheduledEvent, ShardAnswer | OutboxReport> {
  const { LAMPLIGHTER_HISTORY: history, LAMPLIGHTER_SOLE_SHARD: soleShard } = process.env
  const telemetry = lambdaTelemetry('recorder')
  const events = eventBusFrom(process.env, systemClock)
  const deps = {
    ...awsDeps(runner, namesFrom(process.env), telemetry),
    ...(events === undefined ? {} : { events }),
    ...(history === undefined ? {} : { history: oneOf('LAMPLIGHTER_HISTORY', history, histories) }),
  }
  const settings = { record: recordBatch, ...(soleShard === undefined ? {} : { soleShard }) }
  return lambdaHandler(telemetry, async (event, context: Context) => {
    if (!('source' in event)) return recordChanges(deps, event, settings)
    const endAt = deps.clock.now() + context.getRemainingTimeInMillis() - marginMs
    return events === undefined ? { published: 0, waiting: 0 } : flushOutbox(deps, events, endAt)
  })
}

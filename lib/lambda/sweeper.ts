import type { Context, ScheduledEvent } from 'aws-lambda'
import { type TickReport, tick } from '../app/sweeper/tick.ts'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { mappingsFrom } from '../aws/event-source-mappings.ts'
import { withBucket } from '../aws/s3-payloads.ts'
import { systemClock } from '../system/clock.ts'
import { type FunctionOptions, type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'

/** Time to finish the page in hand, and to write the metrics. */
const marginMs = 5_000

/**
 * The sweeper function: one tick per event of the schedule.
 *
 * `LAMPLIGHTER_EVENTS`: `on` where there is an event bus. The sweeper publishes nothing; it writes it down for whoever acts.
 */
export function createSweeper({ runner }: FunctionOptions): LambdaFunction<ScheduledEvent, TickReport> {
  const telemetry = lambdaTelemetry('sweeper')
  const mappings = mappingsFrom(process.env, systemClock)
  const names = namesFrom(process.env)
  const deps = {
    ...withBucket(awsDeps(runner, names, telemetry), names),
    ...(mappings === undefined ? {} : { mappings }),
    isPublishing: process.env['LAMPLIGHTER_EVENTS'] === 'on',
  }
  return lambdaHandler(telemetry, (_event: ScheduledEvent, context: Context): Promise<TickReport> => {
    return tick(deps, deps.clock.now() + context.getRemainingTimeInMillis() - marginMs)
  })
}

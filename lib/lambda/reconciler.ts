import type { Context, ScheduledEvent } from 'aws-lambda'
import { type ReconcileReport, reconcile } from '../app/sweeper/reconcile.ts'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { type FunctionOptions, type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'

/** Time to finish the page in hand, and to write the metrics. */
const marginMs = 30_000

/**
 * The reconciler function: one scan, or as much of it as the function's time allows, per event of the schedule.
 * `LAMPLIGHTER_RECORDER`: `off` where there is no recorder, so that nobody compares with its counts.
 */
export function createReconciler({ runner }: FunctionOptions): LambdaFunction<ScheduledEvent, ReconcileReport> {
  const telemetry = lambdaTelemetry('reconciler')
  const deps = awsDeps(runner, namesFrom(process.env), telemetry)
  const isRecorded = process.env['LAMPLIGHTER_RECORDER'] !== 'off'
  return lambdaHandler(telemetry, (_event: ScheduledEvent, context: Context): Promise<ReconcileReport> => {
    return reconcile(
      { ...deps, scanner: deps.store, isRecorded },
      deps.clock.now() + context.getRemainingTimeInMillis() - marginMs,
    )
  })
}

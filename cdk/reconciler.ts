import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { maxFunctionMs } from '../lib/core/values/quotas.ts'
import { bundle } from './bundle.ts'
import { entryOf } from './entries.ts'
import type { InnerSpec, ScheduledFunction } from './inner-spec.ts'
import { accessOf, statementsFor } from './permissions.ts'
import { runnerFunction } from './runner-function.ts'
import { runEvery } from './schedule.ts'

/** A page of 1 MB at a time, four in a second: decoding them takes a quarter of a CPU. */
const memorySize = 512

/** The reconciler and the rule that calls it each day. The only role that may scan the table. */
export function reconciler(scope: Construct, spec: InnerSpec): ScheduledFunction {
  const made = runnerFunction(scope, 'Reconciler', spec.settings, {
    description: 'Lamplighter: each day, looks for jobs that are in no index',
    bundle: bundle('reconciler', entryOf('reconciler', spec.runnerEntry)),
    timeoutMs: maxFunctionMs,
    memorySize,
    environment: spec.environment,
    statements: statementsFor(accessOf.reconciler, spec.resources),
  })
  const rule = runEvery(scope, 'Daily', made, {
    description: 'Lamplighter: the daily scan of the reconciler',
    every: Duration.days(1),
    worth: Duration.hours(1),
    failures: spec.failures,
  })
  return { function: made, rule }
}

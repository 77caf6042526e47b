import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { tickMs } from '../lib/core/values/times.ts'
import { bundle } from './bundle.ts'
import { entryOf } from './entries.ts'
import { eventBusEnvironment } from './environment.ts'
import type { InnerSpec, ScheduledFunction } from './inner-spec.ts'
import { accessOf, statementsFor } from './permissions.ts'
import { runnerFunction } from './runner-function.ts'
import { runEvery } from './schedule.ts'

/**
 * One whole CPU: a tick is made of encoding, decoding and TLS on one thread, and does not gain from a second one.
 * docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
const oneCpuMegabytes = 1_769

/** The sweeper and the rule that makes it tick. Two ticks may overlap: every write is guarded by what was read. */
export function sweeper(scope: Construct, spec: InnerSpec): ScheduledFunction {
  const made = runnerFunction(scope, 'Sweeper', spec.settings, {
    description: 'Lamplighter: each minute, steps in where a message was lost, late or not due yet',
    bundle: bundle('sweeper', entryOf('sweeper', spec.runnerEntry)),
    timeoutMs: tickMs,
    memorySize: oneCpuMegabytes,
    environment: { ...spec.environment, ...eventBusEnvironment(spec.resources.eventBus) },
    statements: statementsFor(accessOf.sweeper, spec.resources),
  })
  const rule = runEvery(scope, 'Tick', made, {
    description: 'Lamplighter: the tick of the sweeper',
    every: Duration.millis(tickMs),
    worth: Duration.millis(tickMs),
    failures: spec.failures,
  })
  return { function: made, rule }
}

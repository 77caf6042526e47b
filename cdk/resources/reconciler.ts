import { Duration } from 'aws-cdk-lib'
import type { Rule } from 'aws-cdk-lib/aws-events'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { bundle } from '../../lib/bundle/bundle.ts'
import { entryOf } from '../../lib/bundle/entries.ts'
import { singleFunctions } from '../../lib/core/definition/deployment.ts'
import { accessOf, statementsFor } from '../access/permissions.ts'
import type { InnerSpec } from './inner-spec.ts'
import { runEvery, type ScheduledFunction } from './run-every.ts'
import { codeOf, runnerFunction } from './runner-function.ts'

const { timeoutMs, memorySize, trigger } = singleFunctions.reconciler

/** The reconciler and the rule that calls it each day. The only role that may scan the table. */
export class Reconciler extends Construct implements ScheduledFunction {
  readonly function: LambdaFunction
  readonly rule: Rule

  /** @param isRecorded whether there is a recorder, whose counts it compares */
  constructor(scope: Construct, spec: InnerSpec, isRecorded: boolean) {
    super(scope, 'Reconciler')
    this.function = runnerFunction(this, spec.settings, {
      description: 'Lamplighter: each day, looks for jobs that are in no index',
      code: codeOf(bundle('reconciler', entryOf('reconciler', spec.runnerEntry))),
      timeoutMs,
      memorySize: spec.memorySize ?? memorySize,
      environment: { ...spec.environment, ...(isRecorded ? {} : { LAMPLIGHTER_RECORDER: 'off' }) },
      statements: statementsFor(accessOf.reconciler, spec.resources),
    })
    this.rule = runEvery(this, 'Daily', this.function, {
      description: 'Lamplighter: the daily scan of the reconciler',
      every: Duration.millis(trigger.everyMs),
      maxEventAge: Duration.hours(1),
      undelivered: spec.undelivered,
    })
  }
}

import { Duration } from 'aws-cdk-lib'
import type { Rule } from 'aws-cdk-lib/aws-events'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { bundle } from '../../lib/bundle/bundle.ts'
import { entryOf } from '../../lib/bundle/entries.ts'
import { singleFunctions } from '../../lib/core/definition/deployment.ts'
import { eventsEnvironment, mappingsEnvironment } from '../access/environment.ts'
import { accessOf, statementsFor, windowStatements } from '../access/permissions.ts'
import type { InnerSpec } from './inner-spec.ts'
import { runEvery, type ScheduledFunction } from './run-every.ts'
import { codeOf, runnerFunction } from './runner-function.ts'

const { timeoutMs, memorySize, trigger } = singleFunctions.sweeper

/** The sweeper and the rule of its tick. Two ticks may overlap: every write is guarded by what was read. */
export class Sweeper extends Construct implements ScheduledFunction {
  readonly function: LambdaFunction
  readonly rule: Rule

  constructor(scope: Construct, spec: InnerSpec) {
    super(scope, 'Sweeper')
    this.function = runnerFunction(this, spec.settings, {
      description: 'Lamplighter: each minute, steps in where a message was lost, late or not due yet',
      code: codeOf(bundle('sweeper', entryOf('sweeper', spec.runnerEntry))),
      timeoutMs,
      memorySize: spec.memorySize ?? memorySize,
      environment: {
        ...spec.environment,
        ...mappingsEnvironment(this, spec.mappings),
        ...eventsEnvironment(spec.resources.eventBus),
      },
      statements: [
        ...statementsFor(accessOf.sweeper, { ...spec.resources, mappings: Object.values(spec.mappings) }),
        ...windowStatements(accessOf.depths, spec.resources),
      ],
    })
    this.rule = runEvery(this, 'Tick', this.function, {
      description: 'Lamplighter: the tick of the sweeper',
      every: Duration.millis(trigger.everyMs),
      maxEventAge: Duration.millis(trigger.everyMs),
      undelivered: spec.undelivered,
    })
  }
}

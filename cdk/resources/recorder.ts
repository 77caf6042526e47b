import { Duration } from 'aws-cdk-lib'
import { EventSourceMapping, type Function as LambdaFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { bundle } from '../../lib/bundle/bundle.ts'
import { entryOf } from '../../lib/bundle/entries.ts'
import { singleFunctions } from '../../lib/core/definition/deployment.ts'
import { eventBusEnvironment } from '../access/environment.ts'
import { accessOf, statement, statementsFor } from '../access/permissions.ts'
import { streamActions } from './dispatcher.ts'
import type { InnerSpec } from './inner-spec.ts'
import { runEvery } from './run-every.ts'
import { codeOf, runnerFunction } from './runner-function.ts'

const { timeoutMs, memorySize, trigger } = singleFunctions.recorder

/**
 * The recorder, and the mapping that brings it every change of the job table, by shard of the stream.
 *
 * - A tumbling window, because only then an event names its shard; its state is not used.
 *   docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
 * - One invocation for each shard at a time, and no bisecting: nothing says that a window allows it, and a change that
 *   cannot be recorded is set aside by the recorder itself.
 */
export class Recorder extends Construct {
  readonly function: LambdaFunction

  constructor(scope: Construct, spec: InnerSpec) {
    super(scope, 'Recorder')
    const { undelivered, streamArn, resources } = spec
    const isPublishing = resources.eventBus !== undefined
    this.function = runnerFunction(this, spec.settings, {
      description: 'Lamplighter: derives counts, history and events from the changes of jobs',
      code: codeOf(bundle('recorder', entryOf('recorder', spec.runnerEntry))),
      timeoutMs,
      memorySize: spec.memorySize ?? memorySize,
      environment: { ...spec.environment, ...eventBusEnvironment(resources.eventBus) },
      statements: [
        ...statementsFor(accessOf.recorder, resources),
        ...(isPublishing ? statementsFor(accessOf.publisher, resources) : []),
        statement(streamActions, [streamArn]),
        statement(['sqs:SendMessage'], [undelivered.queueArn]),
      ],
    })
    new EventSourceMapping(this, 'Changes', {
      target: this.function,
      eventSourceArn: streamArn,
      // A deployment may take longer than the first items.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: trigger.batchSize,
      maxBatchingWindow: Duration.millis(trigger.windowMs),
      tumblingWindow: Duration.millis(trigger.windowMs),
      parallelizationFactor: 1,
      reportBatchItemFailures: true,
      // As of the dispatcher: reported before the stream forgets it.
      maxRecordAge: Duration.hours(23),
      onFailure: { bind: () => ({ destination: undelivered.queueArn }) },
    })
    if (!isPublishing) return
    runEvery(this, 'Outbox', this.function, {
      description: 'Lamplighter: events that the bus did not take are published again',
      every: Duration.minutes(1),
      maxEventAge: Duration.minutes(1),
      undelivered,
    })
  }
}

import { Duration } from 'aws-cdk-lib'
import { EventSourceMapping, type Function as LambdaFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { streamFilters } from '../../lib/aws/dynamodb/stream-filter.ts'
import { bundle } from '../../lib/bundle/bundle.ts'
import { entryOf } from '../../lib/bundle/entries.ts'
import { singleFunctions } from '../../lib/core/definition/deployment.ts'
import { accessOf, statement, statementsFor, windowStatements } from '../access/permissions.ts'
import type { InnerSpec } from './inner-spec.ts'
import { codeOf, runnerFunction } from './runner-function.ts'

const { timeoutMs, memorySize, trigger } = singleFunctions.dispatcher

/** The dispatcher and the mapping that brings it the stream's records of items that became AVAILABLE. */
export class Dispatcher extends Construct {
  readonly function: LambdaFunction

  constructor(scope: Construct, spec: InnerSpec) {
    super(scope, 'Dispatcher')
    const { undelivered, streamArn } = spec
    this.function = runnerFunction(this, spec.settings, {
      description: 'Lamplighter: starts jobs whose items became AVAILABLE',
      code: codeOf(bundle('dispatcher', entryOf('dispatcher', spec.runnerEntry))),
      timeoutMs,
      memorySize: spec.memorySize ?? memorySize,
      environment: spec.environment,
      statements: [
        ...statementsFor(accessOf.dispatcher, spec.resources),
        ...windowStatements(accessOf.windows, spec.resources),
        // In the function's name Lambda reads the stream, and reports what it gave up.
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
      filters: streamFilters.map(pattern => ({ pattern: JSON.stringify(pattern) })),
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // Tries go on until then. The stream keeps a record for 24 h; an hour less, and it is reported before it is gone.
      maxRecordAge: Duration.hours(23),
      onFailure: { bind: () => ({ destination: undelivered.queueArn }) },
    })
  }
}

/** docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html */
export const streamActions = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
]

import { Duration } from 'aws-cdk-lib'
import { EventSourceMapping, type Function as LambdaFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { streamFilters } from '../lib/aws/dynamodb/stream-filter.ts'
import { bundle } from './bundle.ts'
import { entryOf } from './entries.ts'
import { eventBusEnvironment } from './environment.ts'
import type { InnerSpec } from './inner-spec.ts'
import { accessOf, statement, statementsFor } from './permissions.ts'
import { runnerFunction } from './runner-function.ts'

/** Records of one call; each costs an adoption and a dispatch. */
const batchSize = 100
const timeout = Duration.minutes(1)
/** A fifth of a CPU and quick enough for a batch; it only runs when somebody makes items AVAILABLE. */
const memorySize = 512

/** The dispatcher and the mapping that brings it the stream's records of items that became AVAILABLE. */
export function dispatcher(scope: Construct, spec: InnerSpec, streamArn: string): LambdaFunction {
  const { failures } = spec
  const made = runnerFunction(scope, 'Dispatcher', spec.settings, {
    description: 'Lamplighter: starts jobs whose items became AVAILABLE',
    bundle: bundle('dispatcher', entryOf('dispatcher', spec.runnerEntry)),
    timeoutMs: timeout.toMilliseconds(),
    memorySize,
    environment: { ...spec.environment, ...eventBusEnvironment(spec.resources.eventBus) },
    statements: [
      ...statementsFor(accessOf.dispatcher, spec.resources),
      // In the function's name Lambda reads the stream, and reports what it gave up.
      statement(streamActions, [streamArn]),
      statement(['sqs:SendMessage'], [failures.queueArn]),
    ],
  })
  new EventSourceMapping(made, 'Changes', {
    target: made,
    eventSourceArn: streamArn,
    // A deployment may take longer than the first items.
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize,
    filters: streamFilters.map(pattern => ({ pattern: JSON.stringify(pattern) })),
    reportBatchItemFailures: true,
    bisectBatchOnError: true,
    // Tries go on until then. The stream keeps a record for 24 h; an hour less, and it is reported before it is gone.
    maxRecordAge: Duration.hours(23),
    onFailure: { bind: () => ({ destination: failures.queueArn }) },
  })
  return made
}

/** docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html */
const streamActions = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
]

import type { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { statement } from './permissions.ts'

export interface ScheduleSpec {
  readonly description: string
  readonly every: Duration
  /** After that long an event is worth nothing any more. At least a minute. */
  readonly worth: Duration
  readonly failures: Queue
}

/**
 * Calls a function again and again. What fails is not repeated, because the next call does the same work; but it is
 * kept: by the rule where the function could not be called, by Lambda where it was called and failed.
 */
export function runEvery(scope: Construct, id: string, target: LambdaFunction, spec: ScheduleSpec): Rule {
  const { description, every, worth, failures } = spec
  target.addToRolePolicy(statement(['sqs:SendMessage'], [failures.queueArn]))
  target.configureAsyncInvoke({
    retryAttempts: 0,
    maxEventAge: worth,
    onFailure: { bind: () => ({ destination: failures.queueArn }) },
  })
  return new Rule(scope, id, {
    description,
    schedule: Schedule.rate(every),
    targets: [new LambdaTarget(target, { deadLetterQueue: failures, retryAttempts: 2, maxEventAge: worth })],
  })
}

import type { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { statement } from '../access/permissions.ts'

export interface ScheduleSpec {
  readonly description: string
  readonly every: Duration
  /** A call that AWS could not make within this time is dropped. At least a minute. */
  readonly maxEventAge: Duration
  readonly undelivered: Queue
}

/** A function that a rule calls. */
export interface ScheduledFunction {
  readonly function: LambdaFunction
  readonly rule: Rule
}

/**
 * Calls a function again and again. What fails is not repeated, because the next call does the same work; but it is
 * kept: by the rule where the function could not be called, by Lambda where it was called and failed.
 */
export function runEvery(scope: Construct, id: string, target: LambdaFunction, spec: ScheduleSpec): Rule {
  const { description, every, maxEventAge, undelivered } = spec
  target.addToRolePolicy(statement(['sqs:SendMessage'], [undelivered.queueArn]))
  target.configureAsyncInvoke({
    retryAttempts: 0,
    maxEventAge,
    onFailure: { bind: () => ({ destination: undelivered.queueArn }) },
  })
  return new Rule(scope, id, {
    description,
    schedule: Schedule.rate(every),
    targets: [new LambdaTarget(target, { deadLetterQueue: undelivered, retryAttempts: 2, maxEventAge })],
  })
}

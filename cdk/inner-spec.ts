import type { Rule } from 'aws-cdk-lib/aws-events'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Resources } from './permissions.ts'
import type { FunctionSettings } from './runner-function.ts'

/** What sweeper, dispatcher, API and reconciler are made of. */
export interface InnerSpec {
  readonly resources: Resources
  readonly runnerEntry: string
  /** Names the table and all queues. */
  readonly environment: Readonly<Record<string, string>>
  readonly settings: FunctionSettings
  /** Keeps what AWS could not hand to a function. */
  readonly failures: Queue
}

export interface ScheduledFunction {
  readonly function: LambdaFunction
  readonly rule: Rule
}

import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Environment } from '../access/environment.ts'
import type { Resources } from '../access/permissions.ts'
import type { FunctionSettings } from './runner-function.ts'

/** What sweeper, dispatcher, API, reconciler and recorder are made of. */
export interface InnerSpec {
  readonly resources: Resources
  readonly runnerEntry: string
  /** The stream of the job table. */
  readonly streamArn: string
  /** Names the tables and all queues. */
  readonly environment: Environment
  /** Of the workers, by queue. */
  readonly mappings: Readonly<Record<string, EventSourceMapping>>
  readonly settings: FunctionSettings
  /** Keeps what AWS could not hand to a function. */
  readonly undelivered: Queue
  /** In MB. @default the function's own */
  readonly memorySize?: number | undefined
}

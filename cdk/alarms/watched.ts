import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { TableRef } from '../access/permissions.ts'
import type { JobApi } from '../resources/api.ts'
import type { Dispatcher } from '../resources/dispatcher.ts'
import type { Recorder } from '../resources/recorder.ts'
import type { ScheduledFunction } from '../resources/run-every.ts'
import type { AlarmSettings } from './alarm-settings.ts'

/** What the alarms watch. */
export interface Watched {
  readonly namespace: string
  readonly settings: AlarmSettings | false | undefined
  readonly jobs: TableRef
  readonly records: TableRef
  readonly queues: Readonly<Record<string, Queue>>
  readonly deadLetterQueues: Readonly<Record<string, Queue>>
  readonly undelivered: Queue
  readonly workers: Readonly<Record<string, LambdaFunction>>
  readonly dispatcher: Dispatcher
  readonly sweeper: ScheduledFunction
  readonly reconciler: ScheduledFunction | undefined
  readonly recorder: Recorder | undefined
  readonly isPublishing: boolean
  readonly hasSystemQueue: boolean
  readonly api: JobApi | undefined
}

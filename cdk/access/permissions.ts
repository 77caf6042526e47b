/**
 * What each role may do, as data: exactly what the bundles send. test/unit/cdk/least-privilege.test.ts records their
 * requests and compares. A statement batch has no permission of its own; each of its statements has.
 */
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { indexName } from '../../lib/aws/dynamodb/table.ts'
import { valuePrefix } from '../../lib/core/records/value-object.ts'

type ObjectAction = 's3:GetObject' | 's3:PutObject'

/** Actions by the resource that they touch. */
export interface Access {
  /** Publishes events, where there is an event bus. */
  readonly publishes?: true
  readonly jobs: readonly string[]
  readonly jobIndex?: readonly string[]
  readonly records?: readonly string[]
  readonly recordIndex?: readonly string[]
  readonly queues?: readonly string[]
  /** The queue of bulk acts, where there is one. */
  readonly systemQueue?: readonly string[]
  /** Of large inputs in the bucket, where there is one. */
  readonly objects?: readonly ObjectAction[]
  /** Of large values of steps in the bucket. */
  readonly valueObjects?: readonly ObjectAction[]
  /** What brings the workers their messages. */
  readonly mappings?: readonly string[]
}

/** Switches the mapping of a queue off and on, sets its concurrency, and reads how it is. */
const mappings = ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'] as const

/** Reads the control record, makes it, and raises what it holds. */
const control = ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'] as const

const enqueue = {
  // BatchGetItem: whose the id is that was taken. PartiQLUpdate: a message that could not be sent.
  jobs: ['dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:BatchGetItem'],
  // Inputs that are too large for their items; BatchGetItem: to compare one under the same key.
  records: ['dynamodb:PutItem', 'dynamodb:BatchGetItem'],
  queues: ['sqs:SendMessage'],
  objects: ['s3:PutObject', 's3:GetObject'],
} as const satisfies Access

export const accessOf = {
  enqueue,
  // Lists read the index; history, counts and pauses are records; SQS says how deep its queues are. No Scan.
  read: {
    jobs: ['dynamodb:BatchGetItem'],
    jobIndex: ['dynamodb:Query'],
    records: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
    queues: ['sqs:GetQueueAttributes'],
    systemQueue: ['sqs:GetQueueAttributes'],
    objects: ['s3:GetObject'],
  },
  // UpdateItem: the rare transitions that clean up more than a statement can.
  operate: {
    // PartiQLInsert: the job of a bulk act.
    jobs: [...enqueue.jobs, 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    // Pauses and limits of queues, which stand in the control record; the line of a limit that is raised; inputs that are too
    // large for their items. Query: also groups of jobs that are cancelled with whoever waits for them.
    records: [...control, 'dynamodb:DeleteItem', 'dynamodb:Query'],
    queues: ['sqs:SendMessage'],
    systemQueue: ['sqs:SendMessage'],
    objects: ['s3:GetObject'],
  },
  // Everything that a caller may do: enqueue, operate, and the schedules that are made at run time. A schedule that is new
  // or goes is written together with the count of all.
  api: {
    jobs: [...enqueue.jobs, 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    records: [...control, 'dynamodb:DeleteItem', 'dynamodb:Query'],
    jobIndex: ['dynamodb:Query'],
    recordIndex: ['dynamodb:Query'],
    queues: [...enqueue.queues, 'sqs:GetQueueAttributes'],
    objects: enqueue.objects,
    mappings,
  },
  // Its own queue only. Lambda receives and deletes in the worker's name. SendMessage: a retry in 2 to 15 minutes.
  worker: {
    jobs: ['dynamodb:PartiQLUpdate', 'dynamodb:UpdateItem', 'dynamodb:BatchGetItem'],
    // Whether its queue is paused, and inputs that are too large for their items.
    records: ['dynamodb:BatchGetItem'],
    queues: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ChangeMessageVisibility',
      'sqs:SendMessage',
    ],
    objects: ['s3:GetObject'],
  },
  // What a worker of the application's own queues may do in addition: its handlers keep their steps, and load them again.
  steps: {
    jobs: [],
    records: ['dynamodb:PutItem', 'dynamodb:Query'],
    // Values of steps that are too large for their cells.
    valueObjects: ['s3:GetObject', 's3:PutObject'],
  },
  // In addition to what a worker may: it lists jobs and acts on them, and makes the jobs of a backfill.
  system: {
    jobs: ['dynamodb:PartiQLInsert', 'dynamodb:DeleteItem'],
    jobIndex: ['dynamodb:Query'],
    // Query: groups of jobs that are cancelled with whoever waits for them.
    records: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'],
    queues: ['sqs:SendMessage'],
  },
  // What a worker may do in addition, if its contracts name jobs that they enqueue. PutItem: follow-ups of a commit.
  followUps: {
    jobs: ['dynamodb:PartiQLInsert', 'dynamodb:PutItem'],
    // UpdateItem: groups of jobs that its handlers wait for.
    records: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
    queues: ['sqs:SendMessage'],
    objects: enqueue.objects,
  },
  // What a worker of the application's own queues may do in addition: places in gates, and the lines before them. A limit
  // may be set at run time.
  gates: {
    jobs: [],
    records: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:Query'],
  },
  // In addition, for whoever sends into a queue with a window: how deep it is, whether it is behind, and the line before it.
  windows: {
    jobs: [],
    records: ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:Query'],
    queues: ['sqs:GetQueueAttributes'],
  },
  // In addition, for the sweeper: how deep queues with a window are.
  depths: { jobs: [], queues: ['sqs:GetQueueAttributes'] },
  // In addition, for whoever may end a job FAILED whose contract has `onFailed`: the job that follows, and its input.
  onFailed: {
    jobs: ['dynamodb:PutItem'],
    records: ['dynamodb:PutItem'],
    objects: enqueue.objects,
  },
  // A job within the producer's own transaction: the stream hands it out.
  transact: { jobs: ['dynamodb:PutItem'], records: ['dynamodb:PutItem'] },
  // PartiQLInsert: the jobs of schedules, which its index of records finds.
  // UpdateItem of jobs: one that a console edit left in no shape of ours. Of records: a tick raises the control record.
  sweeper: {
    // PutItem: the job that follows one that failed for good.
    jobs: [
      'dynamodb:PartiQLInsert',
      'dynamodb:BatchGetItem',
      'dynamodb:PartiQLUpdate',
      'dynamodb:UpdateItem',
      'dynamodb:PutItem',
    ],
    // DeleteItem, Query: the lines before gates, which it keeps moving.
    records: [...control, 'dynamodb:DeleteItem', 'dynamodb:Query'],
    recordIndex: ['dynamodb:Query'],
    jobIndex: ['dynamodb:Query'],
    queues: ['sqs:SendMessage'],
    // Inputs of schedules; those of failed jobs, which go to the jobs that follow.
    objects: enqueue.objects,
    mappings,
  },
  dispatcher: {
    jobs: ['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate', 'dynamodb:UpdateItem'],
    queues: ['sqs:SendMessage'],
  },
  // What it knows of jobs comes with the stream. It wakes those that wait for others which have ended.
  recorder: {
    jobs: ['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate'],
    records: ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    queues: ['sqs:SendMessage'],
  },
  // In addition, with an event bus: the outbox, into which others put the events of what they do. It alone publishes.
  publisher: {
    publishes: true,
    jobs: [],
    records: ['dynamodb:DeleteItem'],
    recordIndex: ['dynamodb:Query'],
  },
  // The one role that may scan.
  reconciler: {
    jobs: ['dynamodb:Scan', 'dynamodb:UpdateItem', 'dynamodb:PartiQLUpdate', 'dynamodb:BatchGetItem'],
    records: control,
  },
} as const satisfies Record<string, Access>

/** What a table is called, whether it was made or imported. */
export interface TableRef {
  readonly tableName: string
  readonly tableArn: string
}

/** What is asked of a bucket, which may be of another copy of aws-cdk-lib. */
export interface PayloadBucket {
  readonly bucketName: string
  readonly bucketArn: string
  readonly encryptionKey?: IKey | undefined
  arnForObjects(keyPattern: string): string
}

export interface Resources {
  readonly jobs: TableRef
  readonly records: TableRef
  readonly queues: readonly IQueue[]
  /** Absent where there is none, and where it is one of `queues`. */
  readonly systemQueue?: IQueue | undefined
  readonly encryptionKey: IKey | undefined
  readonly eventBus: IEventBus | undefined
  /** Bucket of large inputs and values. */
  readonly payloads: PayloadBucket | undefined
  /** Those of `queues` that have a window. */
  readonly windowed?: readonly IQueue[]
  /** Absent where nobody pauses and scales by them. */
  readonly mappings?: readonly IEventSourceMapping[]
}

/** What is asked of queues with a window; nothing where there are none. */
export const windowStatements = (access: Access, resources: Resources): readonly PolicyStatement[] =>
  resources.windowed === undefined || resources.windowed.length === 0
    ? []
    : statementsFor(access, { ...resources, queues: resources.windowed })

/** One statement for each kind of resource that the access touches. */
export function statementsFor(access: Access, resources: Resources): readonly PolicyStatement[] {
  const { jobs, records, queues, systemQueue, encryptionKey, eventBus, payloads } = resources
  const { mappings: sources = [] } = resources
  const parts: readonly (readonly [actions: readonly string[] | undefined, on: readonly string[]])[] = [
    [access.jobs, [jobs.tableArn]],
    [access.jobIndex, [`${jobs.tableArn}/index/${indexName}`]],
    [access.records, [records.tableArn]],
    [access.recordIndex, [`${records.tableArn}/index/${indexName}`]],
    [access.queues, queues.map(queue => queue.queueArn)],
    [access.systemQueue, systemQueue === undefined ? [] : [systemQueue.queueArn]],
    [access.mappings, sources.map(source => source.eventSourceMappingArn)],
    [access.publishes && ['events:PutEvents'], eventBus === undefined ? [] : [eventBus.eventBusArn]],
    ...objectStatements(access.objects, 'input/*', payloads),
    ...objectStatements(access.valueObjects, `${valuePrefix}*`, payloads),
    [keyActions, encryptionKey === undefined ? [] : [encryptionKey.keyArn]],
  ]
  return parts.flatMap(([actions = [], on]) =>
    actions.length === 0 || on.length === 0 ? [] : [statement(actions, on)],
  )
}

/** ListBucket: without it S3 answers that an object which is gone is forbidden. …/API/API_GetObject.html */
function objectStatements(
  actions: readonly ObjectAction[] | undefined,
  which: string,
  bucket: PayloadBucket | undefined,
) {
  if (bucket === undefined || actions === undefined) return []
  const isReading = actions.includes('s3:GetObject')
  const { encryptionKey: key } = bucket
  const keyed = actions.map(action => (action === 's3:GetObject' ? 'kms:Decrypt' : 'kms:GenerateDataKey'))
  return [
    [actions, [bucket.arnForObjects(which)]],
    [isReading ? ['s3:ListBucket'] : [], [bucket.bucketArn]],
    [keyed, key === undefined ? [] : [key.keyArn]],
  ] as const
}

/** What DynamoDB and SQS do with a key in the caller's name. …/developerguide/encryption.usagenotes.html */
const keyActions = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
]

export const statement = (actions: readonly string[], resources: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: [...actions], resources: [...resources] })

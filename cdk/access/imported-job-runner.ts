import { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { refuseUnknownKeys } from '../../lib/core/values/check-options.ts'
import { InvalidInput } from '../../lib/core/values/errors.ts'
import { type Environment, type NamesEnvironment, namesEnvironment } from './environment.ts'
import { GrantingConstruct } from './granting-construct.ts'
import type { PayloadBucket, Resources } from './permissions.ts'

/** Where a job runner of another app or stack is. */
export interface JobRunnerAttributes {
  readonly jobTableArn: string
  readonly recordTableArn: string
  /** By queue name. */
  readonly queueArns: Readonly<Record<string, string>>
  /** Those of the queues that have a window, so that `grantEnqueue` lets its grantee keep it. @default none */
  readonly windowedQueues?: readonly string[]
  /** The key that was given to that JobRunner. @default none */
  readonly encryptionKey?: IKey
  /** The bucket that was given to it. @default none */
  readonly payloads?: PayloadBucket
}

const known = [
  'jobTableArn',
  'recordTableArn',
  'queueArns',
  'windowedQueues',
  'encryptionKey',
  'payloads',
] satisfies (keyof JobRunnerAttributes)[]

export class ImportedJobRunner extends GrantingConstruct {
  readonly environment: NamesEnvironment & Environment
  protected readonly granted: Resources

  /** @throws InvalidInput when an attribute is missing or unknown */
  constructor(scope: Construct, id: string, attributes: JobRunnerAttributes) {
    super(scope, id)
    const where = `JobRunner.fromJobRunnerAttributes(${this.node.path})`
    refuseUnknownKeys(where, attributes, known)
    for (const name of ['jobTableArn', 'recordTableArn'] as const) {
      if (typeof attributes[name] !== 'string') throw new InvalidInput(`${where}.${name}`, attributes[name], 'an ARN')
    }
    const { encryptionKey, payloads } = attributes
    const jobs = TableV2.fromTableArn(this, 'JobTable', attributes.jobTableArn)
    const records = TableV2.fromTableArn(this, 'RecordTable', attributes.recordTableArn)
    const queues = Object.fromEntries(
      Object.entries(attributes.queueArns).map(([name, arn]) => [name, Queue.fromQueueArn(this, `Queue-${name}`, arn)]),
    )
    this.environment = namesEnvironment(this, { jobs, records, queues, payloads })
    const windowed = (attributes.windowedQueues ?? []).map(name => {
      const queue = Object.hasOwn(queues, name) ? queues[name] : undefined
      if (queue === undefined) throw new InvalidInput(`${where}.windowedQueues`, name, Object.keys(queues).join(', '))
      return queue
    })
    const names = { jobs, records, queues: Object.values(queues), windowed }
    this.granted = { ...names, encryptionKey, eventBus: undefined, payloads }
  }
}

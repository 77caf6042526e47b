import { CfnOutput } from 'aws-cdk-lib'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { TableRef } from '../access/permissions.ts'

export interface OutputsSpec {
  readonly apiUrl: string | undefined
  readonly jobs: TableRef
  readonly records: TableRef
  readonly queues: Readonly<Record<string, IQueue>>
}

/** What `cdk deploy` prints: where the API, the tables and the queues are. */
export class Outputs extends Construct {
  constructor(scope: Construct, { apiUrl, jobs, records, queues }: OutputsSpec) {
    super(scope, 'Outputs')
    if (apiUrl !== undefined) new CfnOutput(this, 'ApiUrl', { value: apiUrl, description: 'The HTTP API' })
    new CfnOutput(this, 'JobTableName', { value: jobs.tableName, description: 'The table of jobs' })
    new CfnOutput(this, 'RecordTableName', { value: records.tableName, description: 'The table of records' })
    for (const [name, queue] of Object.entries(queues)) {
      new CfnOutput(this, `QueueUrl-${name}`, { value: queue.queueUrl, description: `The queue ${name}` })
    }
  }
}

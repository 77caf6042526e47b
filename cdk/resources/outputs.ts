import { CfnOutput, Stack } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { NamesEnvironment } from '../access/environment.ts'
import type { JobRunnerProps } from '../props/job-runner-props.ts'

export interface OutputsSpec {
  readonly apiUrl: string | undefined
  readonly props: Pick<JobRunnerProps, 'dashboard'>
  readonly environment: NamesEnvironment
}

/**
 * What `cdk deploy` prints: where the API, the tables and the queues are. The names in the stack carry no hash, such as
 * `JobsApiUrl` for a runner with the id `Jobs`, so that scripts can read them.
 */
export class Outputs extends Construct {
  constructor(scope: Construct, { apiUrl, props, environment }: OutputsSpec) {
    super(scope, 'Outputs')
    if (apiUrl !== undefined) this.#output('ApiUrl', apiUrl, 'The HTTP API')
    if (apiUrl !== undefined && props.dashboard !== undefined)
      this.#output('DashboardUrl', `${apiUrl}/`, 'The dashboard')
    this.#output('TableName', environment.LAMPLIGHTER_TABLE, 'The table of jobs: LAMPLIGHTER_TABLE')
    this.#output('RecordTableName', environment.LAMPLIGHTER_RECORDS, 'The table of records: LAMPLIGHTER_RECORDS')
    this.#output('QueueUrls', environment.LAMPLIGHTER_QUEUES, 'The queues by name: LAMPLIGHTER_QUEUES')
  }

  #output(name: string, value: string, description: string): void {
    const inStack = this.node.scopes.slice(Stack.of(this).node.scopes.length, -1).map(({ node }) => node.id)
    new CfnOutput(this, name, { value, description }).overrideLogicalId(
      [...inStack, name].join('').replaceAll(/[^A-Za-z0-9]/g, ''),
    )
  }
}

/** The construct with jobs of the tests' own: `node app.ts`, with `-c edition=two` for other handler code. */
import { fileURLToPath } from 'node:url'
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { JobRunner } from '../../../../cdk/job-runner.ts'
import { runner } from './jobs.ts'

const app = new App()
const edition = String(app.node.tryGetContext('edition') ?? 'one')
const stack = new Stack(app, 'DeployTest')
const removalPolicy = RemovalPolicy.DESTROY
const effects = new TableV2(stack, 'Effects', {
  partitionKey: { name: 'id', type: AttributeType.STRING },
  removalPolicy,
})
new CfnOutput(stack, 'EffectsName', { value: effects.tableName })
const worker = {
  bundling: { define: { EDITION: JSON.stringify(edition) } },
  environment: { EFFECTS_TABLE: effects.tableName },
}
const jobs = new JobRunner(stack, 'Jobs', {
  runner,
  handlersEntry: fileURLToPath(new URL('handlers.ts', import.meta.url)),
  removalPolicy,
  payloads: new Bucket(stack, 'Payloads', { removalPolicy }),
  workers: Object.fromEntries(Object.keys(runner.queues).map(name => [name, worker])),
})
effects.grantWriteData(jobs.worker('journeys'))

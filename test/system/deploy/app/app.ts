/** The construct with jobs of the tests' own: `node app.ts`, with `-c edition=two` for other handler code. */
import { fileURLToPath } from 'node:url'
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { JobRunner } from '../../../../cdk/job-runner.ts'
import { runner } from './jobs.ts'

const app = new App()
const edition = String(app.node.tryGetContext('edition') ?? 'one')
const stack = new Stack(app, 'DeployTest')
const bundling = { define: { EDITION: JSON.stringify(edition) } }
new JobRunner(stack, 'Jobs', {
  runner,
  handlersEntry: fileURLToPath(new URL('handlers.ts', import.meta.url)),
  removalPolicy: RemovalPolicy.DESTROY,
  workers: Object.fromEntries(Object.keys(runner.queues).map(name => [name, { bundling }])),
})

/**
 * CloudFormation replaces a resource whose logical id changes: a table would be a new, empty one, the messages of a queue
 * would be lost, and a function would lose its grants. A change here is a breaking change for every deployment there is.
 */
import { Template } from 'aws-cdk-lib/assertions'
import { expect, it } from 'vitest'
import { jobRunner } from './lanterns-app.ts'

it('logical ids and types of all resources are settled', async () => {
  const { Resources: resources } = Template.fromStack(jobRunner().stack).toJSON() as {
    Resources: Readonly<Record<string, { readonly Type: string }>>
  }
  const lines = Object.entries(resources).map(([id, { Type }]) => `${id} ${Type}`)
  await expect(`${lines.toSorted().join('\n')}\n`).toMatchFileSnapshot('logical-ids.txt')
}, 60_000)

it('every name at the top of the construct is one of these: others are free for its users', () => {
  const { jobs } = jobRunner()
  expect(jobs.node.children.map(({ node }) => node.id)).toEqual([
    'JobTable',
    'RecordTable',
    'Queue-default',
    'Queue-mail',
    'Worker-default',
    'Worker-mail',
    'Undelivered',
    'System',
    'Dispatcher',
    'Sweeper',
    'Reconciler',
    'Recorder',
    'Api',
    'Alarms',
    'Outputs',
  ])
})

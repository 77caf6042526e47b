/** cdk-nag's packs find nothing; where the construct breaks a rule on purpose, the reason stands in its code. */
import { Validations } from 'aws-cdk-lib'
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Tracing } from 'aws-cdk-lib/aws-lambda'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import type { IConstruct } from 'constructs'
import { beforeAll, describe, expect, it } from 'vitest'
import { jobRunner } from './lanterns-app.ts'

// Bundles are made once for the whole file, which takes its time on a busy machine.
beforeAll(() => void jobRunner(), 60_000)

/** `rule: path` of every finding below a construct. */
const findingsIn = (scope: IConstruct): readonly string[] =>
  [new AwsSolutionsChecks(scope), new ServerlessChecks(scope)].flatMap(pack =>
    pack
      .validateScope(scope)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName}: ${constructPath}`),
      ),
  )

/** Rule → the paths below a construct where it is acknowledged. */
function acknowledgedIn(scope: IConstruct): Readonly<Record<string, readonly string[]>> {
  const all = scope.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data as object))
      .map(rule => ({ rule: rule.replace(/^annotation::/i, ''), path: node.path.replace(`${scope.node.path}/`, '') })),
  )
  const byRule = Map.groupBy(all, ({ rule }) => rule)
  return Object.fromEntries([...byRule].map(([rule, found]) => [rule, found.map(({ path }) => path).toSorted()]))
}

describe('cdk-nag', () => {
  it('finds nothing in a JobRunner with its defaults', () => {
    expect(findingsIn(jobRunner().jobs)).toEqual([])
  })

  it('finds nothing where the construct is given a key, a VPC and tracing', () => {
    const { jobs } = jobRunner(stack => ({
      encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
      workers: { mail: { vpc: new Vpc(stack, 'Vpc', { maxAzs: 1 }) as IVpc } },
      tracing: Tracing.ACTIVE,
    }))
    expect(findingsIn(jobs)).toEqual([])
  })

  it('speaks of an open API: that is for its owner to acknowledge', () => {
    const { jobs } = jobRunner(() => ({ apiAuth: 'none' }))
    expect(findingsIn(jobs)).toEqual([expect.stringMatching(/^AwsSolutions-APIG4: /)])
  })

  it('is told of these exceptions, and no others', () => {
    const scopes = ['Api', 'Dispatcher', 'Reconciler', 'Recorder', 'Sweeper', 'System', 'Worker-default', 'Worker-mail']
    const functions = scopes.map(scope => `${scope}/Function`)
    expect(acknowledgedIn(jobRunner().jobs)).toEqual({
      'AwsSolutions-SQS3': ['Undelivered'],
      'Serverless-SQSRedrivePolicy': [
        'Queue-default/DeadLetters',
        'Queue-mail/DeadLetters',
        'System/Queue-lamplighter/DeadLetters',
        'Undelivered',
      ],
      'Serverless-LambdaEventSourceMappingDestination': [
        'System/Messages',
        'Worker-default/Messages',
        'Worker-mail/Messages',
      ],
      'Serverless-LambdaDLQ': functions,
      'Serverless-LambdaTracing': functions,
    })
  })
})

/** A bucket for large inputs: its rules, who may do what in it, and who finds it. */

import type { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { beforeAll, describe, expect, it } from 'vitest'
import { JobRunner } from '../../../../cdk/job-runner.ts'
import { objectDays } from '../../../../lib/core/records/payload.ts'
import { clientFunction, jobRunner } from '../lanterns-app.ts'

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

interface Policy {
  readonly Properties: {
    readonly PolicyDocument: { readonly Statement: readonly Statement[] }
    readonly Roles: readonly { Ref: string }[]
  }
}

const listOf = <One>(value: One | readonly One[]): readonly One[] =>
  Array.isArray(value) ? (value as readonly One[]) : [value as One]

/** What a role may do with the bucket, and with its key. */
function rightsOf(template: Template, role: string): readonly string[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy') as Record<string, Policy>)
  const own = policies.filter(({ Properties: { Roles } }) => Roles.some(({ Ref }) => Ref.startsWith(role)))
  return own
    .flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) => {
      const on = JSON.stringify(Resource)
      if (!on.includes('"Payloads') && !on.includes('"PayloadKey')) return []
      const [what = on.includes('Key') ? 'key' : 'bucket'] = /(input|step)\/\*/.exec(on) ?? []
      return listOf(Action).map(action => `${action} ${what}`)
    })
    .toSorted()
}

const reads = ['kms:Decrypt key', 's3:GetObject input/*', 's3:ListBucket bucket']
const puts = ['kms:GenerateDataKey key', 's3:PutObject input/*']

describe('a runner with a bucket', () => {
  let template: Template
  beforeAll(() => {
    const bucketIn = (stack: Stack) => new Bucket(stack, 'Payloads', { encryptionKey: new Key(stack, 'PayloadKey') })
    const { stack, jobs } = jobRunner(one => ({ payloads: bucketIn(one) }))
    jobs.grantEnqueue(clientFunction(stack, 'Enqueuer'))
    jobs.grantRead(clientFunction(stack, 'Reader'))
    jobs.grantOperate(clientFunction(stack, 'Operator'))
    jobs.grantTransact(clientFunction(stack, 'Transactor'))
    template = Template.fromStack(stack)
  }, 120_000)

  it('has a rule for each class of days, and none by age alone', () => {
    interface WithRules {
      readonly Properties: { readonly LifecycleConfiguration: { readonly Rules: readonly object[] } }
    }
    const buckets = Object.values(template.findResources('AWS::S3::Bucket') as Record<string, WithRules>)
    const rules = buckets.flatMap(({ Properties }) => Properties.LifecycleConfiguration.Rules)
    const rule = (kind: string, days: number) => ({
      Id: `lamplighter-${kind}-${String(days).padStart(4, '0')}`,
      Prefix: `${kind}/${String(days).padStart(4, '0')}/`,
      ExpirationInDays: days,
      Status: 'Enabled',
    })
    // A value goes after its cell, which is kept for 400 days at least.
    const ofSteps = [512, 1_024, 2_048, 4_096, 8_192].map(days => rule('step', days))
    expect(rules).toEqual([...objectDays.map(days => rule('input', days)), ...ofSteps])
  })

  it.each([
    ['Enqueuer', [...reads, ...puts]],
    ['Reader', reads],
    ['Operator', reads],
    // Its inputs are records.
    ['Transactor', []],
    // It puts those of schedules, and hands those of failed jobs on to the jobs that follow.
    ['JobsSweeper', [...reads, ...puts]],
    ['JobsDispatcher', []],
    ['JobsRecorder', []],
    ['JobsReconciler', []],
    // It lists steps, and reads no value of theirs.
    ['JobsApi', [...reads, ...puts]],
    ['JobsWorkerdefault', [...reads, ...puts.map(one => one.replace('input', 'step')), 's3:GetObject step/*']],
    // One of its contracts names jobs that they enqueue.
    ['JobsWorkermail', [...reads, ...puts, 's3:GetObject step/*', 's3:PutObject step/*']],
    // No handler of the application runs there.
    ['JobsSystem', []],
  ])('%s may what it does with inputs and values', (role, rights) => {
    expect([...new Set(rightsOf(template, role))]).toEqual(rights.toSorted())
  })

  it('every function that enqueues or runs jobs finds it', () => {
    const functions = Object.entries(template.findResources('AWS::Lambda::Function'))
    const without = functions.flatMap(([id, { Properties }]) => {
      const { Environment: env } = Properties as { Environment?: { Variables: Record<string, unknown> } }
      return env?.Variables['LAMPLIGHTER_PAYLOADS'] === undefined ? [id.replace(/[0-9A-F]{8}$/, '')] : []
    })
    // That of bulk acts reads no inputs; a schedule's is at most a record.
    expect(without).toEqual(['JobsSystemFunction'])
  })
})

describe('a runner without one', () => {
  it('names none, and an imported one takes it', () => {
    const { stack, jobs } = jobRunner()
    expect(jobs.environment).not.toHaveProperty('LAMPLIGHTER_PAYLOADS')
    const arn = 'arn:aws:dynamodb:eu-west-1:111111111111:table/'
    const imported = JobRunner.fromJobRunnerAttributes(stack, 'Imported', {
      jobTableArn: `${arn}a`,
      recordTableArn: `${arn}b`,
      queueArns: { default: 'arn:aws:sqs:eu-west-1:111111111111:q' },
      payloads: Bucket.fromBucketName(stack, 'Theirs', 'theirs'),
    })
    expect(imported.environment).toMatchObject({ LAMPLIGHTER_PAYLOADS: 'theirs' })
  })
})

/** What a JobRunner with its defaults is made of. */
import { Match, Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { streamFilters } from '../../../lib/aws/dynamodb/stream-filter.ts'
import { queueDefinitions } from '../../../lib/core/definition/deployment.ts'
import { runner } from '../../support/fixtures/lanterns/jobs.ts'
import { jobRunner } from './lanterns-app.ts'
import { allOf, named, onlyOne, type Resource } from './resources.ts'

let template: Template
const all = (type: string): readonly Resource[] => allOf(template, type)
const one = (type: string, properties: object): Resource => onlyOne(template, type, properties)
/** The function whose logical id begins like this. */
const functionCalled = (name: string): Resource => one('AWS::Lambda::Function', { Role: named(`Jobs${name}Role`) })
const mappingOf = (name: string): Resource =>
  one('AWS::Lambda::EventSourceMapping', { FunctionName: { Ref: Match.stringLikeRegexp(`^Jobs${name}`) } })

const undelivered = { 'Fn::GetAtt': [expect.stringMatching(/^JobsUndelivered/), 'Arn'] }
const queues = queueDefinitions(runner).map(definition => [definition.queue, definition] as const)

beforeAll(() => {
  template = Template.fromStack(jobRunner().stack)
}, 60_000)

describe('the queues', () => {
  it.each(queues)('%s: visibility, retention and receives as the contracts say', (queue, definition) => {
    const redrive = {
      deadLetterTargetArn: named(`JobsQueue${queue}DeadLetters`),
      maxReceiveCount: definition.maxReceiveCount,
    }
    expect(one('AWS::SQS::Queue', { RedrivePolicy: redrive }).Properties).toMatchObject({
      VisibilityTimeout: definition.visibilityTimeoutMs / 1_000,
      MessageRetentionPeriod: definition.retentionMs / 1_000,
    })
  })

  it('what has failed is kept for 14 days', () => {
    const last = all('AWS::SQS::Queue').filter(({ Properties }) => Properties['RedrivePolicy'] === undefined)
    expect(last.map(({ Properties }) => Properties['MessageRetentionPeriod'])).toEqual([
      1_209_600, 1_209_600, 1_209_600, 1_209_600,
    ])
  })

  it('every one is encrypted, and refuses what comes without TLS', () => {
    expect(all('AWS::SQS::Queue').map(({ Properties }) => Properties['SqsManagedSseEnabled'])).toEqual(
      Array.from({ length: 7 }, () => true),
    )
    const policies = all('AWS::SQS::QueuePolicy').map(({ Properties }) => JSON.stringify(Properties))
    expect(policies).toHaveLength(7)
    expect(policies.filter(text => !/"aws:SecureTransport":"false".*"Effect":"Deny"/.test(text))).toEqual([])
  })
})

describe('the functions', () => {
  it('run on Node 24 and arm64, each with a role and a log group of its own, which is kept for a month', () => {
    const functions = all('AWS::Lambda::Function').map(({ Properties }) => Properties)
    expect(functions).toHaveLength(8)
    for (const properties of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' })
    }
    const distinct = (name: string) => new Set(functions.map(properties => JSON.stringify(properties[name]))).size
    expect([distinct('Role'), distinct('LoggingConfig')]).toEqual([8, 8])
    const kept = all('AWS::Logs::LogGroup').map(({ Properties }) => Properties['RetentionInDays'])
    expect(kept).toEqual(Array.from({ length: 9 }, () => 30))
  })

  it('are not taken for a loop by Lambda', () => {
    const loops = all('AWS::Lambda::Function').map(({ Properties }) => Properties['RecursiveLoop'])
    expect(new Set(loops)).toEqual(new Set(['Allow']))
  })

  it.each(queues)(
    'worker of %s: the time that the contracts need, concurrency and batch size of the queue',
    (queue, definition) => {
      expect(functionCalled(`Worker${queue}`).Properties['Timeout']).toBe(definition.functionTimeoutMs / 1_000)
      expect(mappingOf(`Worker${queue}`).Properties).toMatchObject({
        BatchSize: runner.queues[queue]?.batchSize,
        ScalingConfig: { MaximumConcurrency: runner.queues[queue]?.concurrency },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      })
    },
  )

  it('workers with the same handlers share one bundle, and the sweeper has another', () => {
    const keyOf = (name: string) => (functionCalled(name).Properties['Code'] as { S3Key: string }).S3Key
    expect(keyOf('Workermail')).toBe(keyOf('Workerdefault'))
    expect(keyOf('Sweeper')).not.toBe(keyOf('Workerdefault'))
  })

  it('dispatcher: hears of items that become AVAILABLE, from the stream’s beginning, and never gives up silently', () => {
    const { FilterCriteria: criteria, ...mapping } = mappingOf('Dispatcher').Properties
    const { Filters: filters } = criteria as { Filters: readonly { Pattern: string }[] }
    expect(filters.map(({ Pattern }) => JSON.parse(Pattern) as unknown)).toEqual(streamFilters)
    expect(mapping).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRecordAgeInSeconds: 23 * 3_600,
      DestinationConfig: { OnFailure: { Destination: undelivered } },
    })
    expect(mapping).not.toHaveProperty('MaximumRetryAttempts')
  })

  it.each([
    ['Sweeper', 'rate(1 minute)', 60],
    ['Reconciler', 'rate(1 day)', 3_600],
  ])('%s: %s; a call that fails is not repeated, but kept', (name, rate, worthSeconds) => {
    const rule = one('AWS::Events::Rule', { ScheduleExpression: rate })
    expect(rule.Properties['Targets']).toMatchObject([
      {
        DeadLetterConfig: { Arn: undelivered },
        RetryPolicy: { MaximumEventAgeInSeconds: worthSeconds, MaximumRetryAttempts: 2 },
      },
    ])
    expect(
      one('AWS::Lambda::EventInvokeConfig', { FunctionName: { Ref: Match.stringLikeRegexp(`^Jobs${name}`) } })
        .Properties,
    ).toMatchObject({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: worthSeconds,
      DestinationConfig: {
        OnFailure: { Destination: undelivered },
      },
    })
  })
})

/** What each prop changes. */
import { Duration, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Code, LayerVersion, Tracing } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { beforeAll, describe, expect, it } from 'vitest'
import { defaultMetricsNamespace } from '../../../cdk/alarms/metrics-namespace.ts'
import type { JobRunnerProps, WorkerProps } from '../../../cdk/job-runner.ts'
import { jobRunner, lanternsFile, messagesOf } from './lanterns-app.ts'
import { allOf, named, onlyOne, type Resource } from './resources.ts'

// Bundles are made once for the whole file, which takes its time on a busy machine.
beforeAll(() => void jobRunner(), 60_000)

const templateWith = (propsFor: Parameters<typeof jobRunner>[0]): Template =>
  Template.fromStack(jobRunner(propsFor).stack)
const withProps = (props: Partial<JobRunnerProps>): Template => templateWith(() => props)
const functionCalled = (template: Template, name: string): Resource =>
  onlyOne(template, 'AWS::Lambda::Function', { Role: named(`Jobs${name}Role`) })
const statementsOf = (template: Template, role: string): string =>
  JSON.stringify(
    allOf(template, 'AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties['Roles']).includes(`"Jobs${role}Role`),
    ),
  )

describe('a worker’s own settings', () => {
  const mail = (worker: WorkerProps): Template => withProps({ workers: { mail: worker } })

  it('reach that worker only', () => {
    const template = templateWith(stack => ({
      workers: {
        mail: {
          memorySize: 2_048,
          environment: { SMTP_HOST: 'mail.example' },
          layers: [
            new LayerVersion(stack, 'Layer', { code: Code.fromAsset(lanternsFile('jobs').replace('/jobs.ts', '')) }),
          ],
          reservedConcurrency: 7,
        },
      },
    }))
    expect(functionCalled(template, 'Workermail').Properties).toMatchObject({
      MemorySize: 2_048,
      Environment: { Variables: { SMTP_HOST: 'mail.example' } },
      Layers: [{ Ref: expect.stringMatching(/^Layer/) }],
      ReservedConcurrentExecutions: 7,
    })
    const other = functionCalled(template, 'Workerdefault').Properties
    expect(other).toMatchObject({ MemorySize: 512 })
    expect(JSON.stringify(other)).not.toMatch(/SMTP_HOST|Layers|ReservedConcurrent/)
  })

  it('extra statements go into its role only', () => {
    const template = mail({
      policyStatements: [new PolicyStatement({ actions: ['ses:SendEmail'], resources: ['arn:aws:ses:::identity/x'] })],
    })
    expect(statementsOf(template, 'Workermail')).toContain('ses:SendEmail')
    expect(statementsOf(template, 'Workerdefault')).not.toContain('ses:SendEmail')
  })

  it('handlers and bundling of its own make a bundle of its own', () => {
    const keyOf = (template: Template, name: string) =>
      (functionCalled(template, name).Properties['Code'] as { S3Key: string }).S3Key
    const defined = mail({ bundling: { define: { 'process.env.EDITION': '"mail"' }, external: ['left-out'] } })
    expect(keyOf(defined, 'Workerdefault')).toBe(keyOf(defined, 'Workermail'))
    const own = mail({ handlersEntry: lanternsFile('mail-handlers') })
    expect(keyOf(own, 'Workermail')).not.toBe(keyOf(own, 'Workerdefault'))
  })

  it('in a VPC it may make network interfaces, and no other function may', () => {
    const template = templateWith(stack => ({
      workers: { mail: { vpc: new Vpc(stack, 'Vpc', { maxAzs: 1 }) as IVpc } },
    }))
    expect(functionCalled(template, 'Workermail').Properties).toHaveProperty('VpcConfig')
    expect(statementsOf(template, 'Workermail')).toContain('ec2:CreateNetworkInterface')
    expect(statementsOf(template, 'Workerdefault')).not.toContain('ec2:')
  })
})

describe('the table', () => {
  it('goes with its stack where that is asked for', () => {
    expect(allOf(withProps({ removalPolicy: RemovalPolicy.DESTROY }), 'AWS::DynamoDB::Table')).toMatchObject([
      { DeletionPolicy: 'Delete', Properties: { DeletionProtectionEnabled: false } },
    ])
  })

  it('deletion protection can be chosen apart from that', () => {
    const props = { removalPolicy: RemovalPolicy.DESTROY, deletionProtection: true }
    expect(allOf(withProps(props), 'AWS::DynamoDB::Table')).toMatchObject([
      { Properties: { DeletionProtectionEnabled: true } },
    ])
  })
})

it('encryptionKey: encrypts table, queues and dead letters; every role may use it, by name', () => {
  const template = templateWith(stack => ({ encryptionKey: new Key(stack, 'Key') }))
  expect(allOf(template, 'AWS::DynamoDB::Table')[0]?.Properties['SSESpecification']).toMatchObject({ SSEType: 'KMS' })
  const keys = allOf(template, 'AWS::SQS::Queue').filter(({ Properties }) => Properties['KmsMasterKeyId'] !== undefined)
  expect(keys).toHaveLength(4)
  for (const role of ['Workerdefault', 'Workermail', 'Sweeper', 'Dispatcher', 'Reconciler', 'ApiFunction']) {
    expect(statementsOf(template, role)).toContain('kms:Decrypt')
    expect(statementsOf(template, role)).not.toContain('kms:*')
  }
})

describe('the API', () => {
  it('is left out where nobody wants it, with its function', () => {
    const template = withProps({ api: false })
    expect(allOf(template, 'AWS::ApiGatewayV2::Api')).toEqual([])
    expect(allOf(template, 'AWS::Lambda::Function')).toHaveLength(5)
  })

  it('is open only where that was said, and then warns', () => {
    const { app, jobs } = jobRunner(() => ({ apiAuth: 'none' }))
    expect(allOf(Template.fromStack(jobs.table.stack), 'AWS::ApiGatewayV2::Route')).toMatchObject([
      { Properties: { AuthorizationType: 'NONE' } },
    ])
    expect(messagesOf(app)).toEqual([expect.stringMatching(/^warning: "apiAuth is 'none': anybody/)])
  })

  it('warns of nothing with IAM', () => {
    expect(messagesOf(jobRunner().app)).toEqual([])
  })

  it('takes an authorizer', () => {
    const apiAuth = new HttpJwtAuthorizer('Jwt', 'https://issuer.example', { jwtAudience: ['jobs'] })
    const template = withProps({ apiAuth, apiRequestsPerSecond: 5 })
    expect(allOf(template, 'AWS::ApiGatewayV2::Route')).toMatchObject([{ Properties: { AuthorizationType: 'JWT' } }])
    expect(allOf(template, 'AWS::ApiGatewayV2::Stage')).toMatchObject([
      { Properties: { DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 } } },
    ])
  })
})

it('reconciler: false leaves out the function, its rule and its alarms', () => {
  const template = withProps({ reconciler: false })
  expect(allOf(template, 'AWS::Events::Rule')).toHaveLength(1)
  expect(allOf(template, 'AWS::Lambda::Function')).toHaveLength(5)
  const ids = Object.keys(template.toJSON()['Resources'] as object)
  expect(ids.filter(id => /reconciler|strays/i.test(id))).toEqual([])
})

it('logRetention and tracing are those of every function', () => {
  const template = withProps({ logRetention: RetentionDays.ONE_YEAR, tracing: Tracing.ACTIVE })
  const functions = allOf(template, 'AWS::Lambda::Function').map(({ Properties }) => Properties['TracingConfig'])
  expect(functions).toEqual(Array.from({ length: 6 }, () => ({ Mode: 'Active' })))
  const kept = allOf(template, 'AWS::Logs::LogGroup').map(({ Properties }) => Properties['RetentionInDays'])
  expect(new Set(kept)).toEqual(new Set([365]))
  expect(statementsOf(template, 'Sweeper')).toContain('xray:PutTraceSegments')
})

describe('the alarms', () => {
  const alarms = (template: Template) => allOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties)
  const alarm = (template: Template, MetricName: string) =>
    onlyOne(template, 'AWS::CloudWatch::Alarm', { MetricName }).Properties

  it('there are for the whole, each queue, each function and what lies between; all say what to do', () => {
    const made = alarms(withProps({}))
    const names = new Map(
      Object.entries(Object.groupBy(made, one => String(one['MetricName']))).map(([name, all]) => [name, all?.length]),
    )
    expect(Object.fromEntries(names)).toEqual({
      OldestDueAge: 1,
      Ticks: 1,
      JobsSetAside: 2,
      JobsAdopted: 1,
      UnknownTypes: 2,
      LateWrites: 2,
      ApproximateNumberOfMessagesVisible: 3,
      ApproximateAgeOfOldestMessage: 2,
      Errors: 6,
      Throttles: 6,
      RecursiveInvocationsDropped: 2,
      IteratorAge: 1,
      FailedInvocations: 2,
      WriteThrottleEvents: 2,
      '5xx': 1,
    })
    expect(made.filter(one => String(one['AlarmDescription']).length < 40)).toEqual([])
  })

  it('goes off when the sweeper is silent; silence of all others is good news', () => {
    const template = withProps({})
    expect(alarm(template, 'Ticks')).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 60,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    })
    const others = alarms(template).filter(one => one['MetricName'] !== 'Ticks')
    expect(new Set(others.map(one => one['TreatMissingData']))).toEqual(new Set(['notBreaching']))
  })

  it('go off at three minutes for a due job and five for a message, or as the props say', () => {
    expect(alarm(withProps({}), 'OldestDueAge')).toMatchObject({ Threshold: 180_000, Statistic: 'Maximum', Period: 60 })
    const template = withProps({ maxDueAge: Duration.minutes(10), maxQueueAge: Duration.hours(1) })
    expect(alarm(template, 'OldestDueAge')).toMatchObject({ Threshold: 600_000 })
    const ages = alarms(template).filter(one => one['MetricName'] === 'ApproximateAgeOfOldestMessage')
    expect(ages.map(one => one['Threshold'])).toEqual([3_600, 3_600])
  })

  it('tell the topic when they go off, and when they are over', () => {
    const template = templateWith(stack => ({ alarmTopic: new Topic(stack, 'Topic') }))
    const topic = [{ Ref: expect.stringMatching(/^Topic/) }]
    for (const one of alarms(template)) expect(one).toMatchObject({ AlarmActions: topic, OKActions: topic })
  })

  it('are left out where nobody wants them', () => {
    expect(allOf(withProps({ alarms: false }), 'AWS::CloudWatch::Alarm')).toEqual([])
  })
})

describe('the namespace of the metrics', () => {
  it('is the deployment’s own, the same in functions and alarms', () => {
    const template = withProps({})
    const variables = { Variables: Match.objectLike({ POWERTOOLS_METRICS_NAMESPACE: 'Lamplighter/Lanterns/Jobs' }) }
    expect(
      Object.keys(template.findResources('AWS::Lambda::Function', { Properties: { Environment: variables } })),
    ).toHaveLength(6)
    expect(onlyOne(template, 'AWS::CloudWatch::Alarm', { MetricName: 'Ticks' }).Properties['Namespace']).toBe(
      'Lamplighter/Lanterns/Jobs',
    )
  })

  it('can be given', () => {
    const template = withProps({ metricsNamespace: 'Ours' })
    expect(onlyOne(template, 'AWS::CloudWatch::Alarm', { MetricName: 'Ticks' }).Properties['Namespace']).toBe('Ours')
  })

  it('is told apart by the path, where the stack learns its name at deployment only', () => {
    const nested = new NestedStack(new Stack(undefined, 'Outer'), 'Inner')
    expect(defaultMetricsNamespace(new Construct(nested, 'Jobs'))).toBe('Lamplighter/Outer/Inner/Jobs')
  })
})

describe('the members', () => {
  it('worker() knows its queues, and says which there are', () => {
    const { jobs } = jobRunner()
    expect(jobs.worker('mail')).toBe(jobs.workers['mail'])
    expect(() => jobs.worker('post')).toThrow(/^queue is 'post'; allowed: default, mail$/)
  })

  it('a worker that may enqueue knows all queues, its own among them', () => {
    const { stack, jobs } = jobRunner()
    jobs.grantEnqueue(jobs.worker('mail'))
    const template = Template.fromStack(stack)
    const { Variables: variables } = functionCalled(template, 'Workermail').Properties['Environment'] as {
      Variables: Record<string, unknown>
    }
    expect(JSON.stringify(variables['LAMPLIGHTER_QUEUES'])).toMatch(/JobsQueuedefault.*JobsQueuemail/)
    expect(statementsOf(template, 'Workermail')).toContain('dynamodb:PartiQLInsert')
  })

  it('a grant to a role, which has no environment, is permissions only', () => {
    const { stack, jobs } = jobRunner()
    const role = new Role(stack, 'Script', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
    jobs.grantRead(role).assertSuccess()
    const [policy] = allOf(Template.fromStack(stack), 'AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties['Roles']).includes('"Script'),
    )
    expect(policy?.Properties['PolicyDocument']).toMatchObject({
      Statement: [{ Action: 'dynamodb:BatchGetItem', Effect: 'Allow' }],
    })
  })
})

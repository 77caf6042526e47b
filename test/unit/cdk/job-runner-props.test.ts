/** What each prop changes. */
import { NestedStack, Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Architecture, Code, LayerVersion, Tracing } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
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

  it('queues that share handlers but not bundling are loaded apart', () => {
    const entry = { handlersEntry: lanternsFile('broken/needs-edition'), runnerEntry: lanternsFile('jobs') }
    const bundling = { define: { EDITION: '"mail"' } }
    const { app } = jobRunner(() => ({ ...entry, workers: { mail: { bundling } } }))
    // Without it, `default` does not load; `mail` does.
    expect(messagesOf(app)).toEqual([expect.stringMatching(/^warning: .*ReferenceError: EDITION is not defined/)])
    const all = { default: { bundling }, mail: { bundling } }
    expect(messagesOf(jobRunner(() => ({ ...entry, workers: all })).app)).toEqual([])
  })

  it('checkHandlers: false loads nothing', () => {
    const entry = { handlersEntry: lanternsFile('broken/light-only'), runnerEntry: lanternsFile('jobs') }
    expect(messagesOf(jobRunner(() => ({ ...entry, checkHandlers: false })).app)).toEqual([])
  })

  it('handlers and bundling of its own make a bundle of its own', () => {
    const keyOf = (template: Template, name: string) =>
      (functionCalled(template, name).Properties['Code'] as { S3Key: string }).S3Key
    const defined = mail({ bundling: { keepNames: true } })
    expect(keyOf(defined, 'Workerdefault')).not.toBe(keyOf(defined, 'Workermail'))
    const own = mail({ handlersEntry: lanternsFile('mail-handlers') })
    expect(keyOf(own, 'Workermail')).not.toBe(keyOf(own, 'Workerdefault'))
  })

  it('code of its own is deployed as it is, and nobody looks into it', () => {
    const folder = lanternsFile('jobs').replace('/jobs.ts', '')
    const template = mail({ code: Code.fromAsset(folder) })
    const hashes = ['Workermail', 'Workerdefault'].map(name => functionCalled(template, name).Properties['Code'])
    expect(hashes[0]).not.toEqual(hashes[1])
    const props = { handlersEntry: lanternsFile('broken/light-only'), runnerEntry: lanternsFile('jobs') }
    expect(() => withProps({ ...props, workers: { mail: { code: Code.fromAsset(folder) } } })).not.toThrow()
  })

  it('NODE_OPTIONS adds to the worker’s own', () => {
    const template = mail({ environment: { NODE_OPTIONS: '--max-old-space-size=400' } })
    const { Variables: variables } = functionCalled(template, 'Workermail').Properties['Environment'] as {
      Variables: Record<string, unknown>
    }
    expect(variables['NODE_OPTIONS']).toBe('--enable-source-maps --max-old-space-size=400')
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

it('encryptionKey: encrypts queues and dead letters; every role may use it, by name', () => {
  const template = templateWith(stack => ({ encryptionKey: new Key(stack, 'Key') }))
  const keys = allOf(template, 'AWS::SQS::Queue').filter(({ Properties }) => Properties['KmsMasterKeyId'] !== undefined)
  expect(keys).toHaveLength(4)
  for (const role of ['Workerdefault', 'Workermail', 'Sweeper', 'Dispatcher', 'Reconciler', 'Recorder', 'Api']) {
    expect(statementsOf(template, role)).toContain('kms:Decrypt')
    expect(statementsOf(template, role)).not.toContain('kms:*')
  }
})

it('reconciler: false leaves out the function, its rule and its alarms', () => {
  const template = withProps({ reconciler: false })
  expect(allOf(template, 'AWS::Events::Rule')).toHaveLength(1)
  expect(allOf(template, 'AWS::Lambda::Function')).toHaveLength(6)
  const ids = Object.keys(template.toJSON()['Resources'] as object)
  expect(ids.filter(id => /reconciler|strays/i.test(id))).toEqual([])
})

describe('the recorder', () => {
  it('gets every change of the jobs by shard: a tumbling window names it, nothing bisects, no shard is split', () => {
    const mappings = allOf(withProps({}), 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties)
    const [mapping] = mappings.filter(one => one['TumblingWindowInSeconds'] !== undefined)
    expect(mapping).toMatchObject({
      TumblingWindowInSeconds: 5,
      MaximumBatchingWindowInSeconds: 5,
      BatchSize: 1_000,
      ParallelizationFactor: 1,
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRecordAgeInSeconds: 23 * 3_600,
      DestinationConfig: { OnFailure: {} },
    })
    expect(mapping).not.toHaveProperty('FilterCriteria')
    expect(mapping).not.toHaveProperty('BisectBatchOnFunctionError')
  })

  it('is left out where nobody wants it; then nobody compares with its counts', () => {
    const template = withProps({ recorder: false })
    expect(allOf(template, 'AWS::Lambda::Function')).toHaveLength(6)
    expect(JSON.stringify(functionCalled(template, 'Reconciler').Properties['Environment'])).toContain(
      '"LAMPLIGHTER_RECORDER":"off"',
    )
  })

  it('publishes the events: with a bus there is a recorder, and a minute for what the bus did not take', () => {
    const bus = (stack: Stack) => ({ eventBus: new EventBus(stack, 'Bus') as IEventBus })
    const template = templateWith(bus)
    expect(allOf(template, 'AWS::Events::Rule')).toHaveLength(3)
    const publishing = allOf(template, 'AWS::Lambda::Function').filter(one =>
      JSON.stringify(one.Properties['Environment']).includes('LAMPLIGHTER_EVENT_BUS'),
    )
    expect(publishing).toHaveLength(1)
    // It may not publish; it writes down that there is a bus.
    const { Properties } = functionCalled(template, 'Sweeper')
    expect(JSON.stringify(Properties['Environment'])).toContain('"LAMPLIGHTER_EVENTS":"on"')
    expect(statementsOf(template, 'Sweeper')).not.toContain('events:PutEvents')
    expect(() => templateWith(stack => ({ ...bus(stack), recorder: false }))).toThrow(
      /recorder is false; allowed: true together with eventBus/,
    )
  })
})

it('logRetention and tracing are those of every function', () => {
  const template = withProps({ logRetention: RetentionDays.ONE_YEAR, tracing: Tracing.ACTIVE })
  const functions = allOf(template, 'AWS::Lambda::Function').map(({ Properties }) => Properties['TracingConfig'])
  expect(functions).toEqual(Array.from({ length: 7 }, () => ({ Mode: 'Active' })))
  const kept = allOf(template, 'AWS::Logs::LogGroup').map(({ Properties }) => Properties['RetentionInDays'])
  expect(new Set(kept)).toEqual(new Set([365]))
  expect(statementsOf(template, 'Sweeper')).toContain('xray:PutTraceSegments')
})

describe('the functions', () => {
  const all = (template: Template) => allOf(template, 'AWS::Lambda::Function').map(({ Properties }) => Properties)

  it('architecture is that of every function, but for a worker with one of its own', () => {
    const template = withProps({
      architecture: Architecture.X86_64,
      workers: { mail: { architecture: Architecture.ARM_64 } },
    })
    expect(all(template).filter(one => JSON.stringify(one['Architectures']) === '["x86_64"]')).toHaveLength(6)
    expect(functionCalled(template, 'Workermail').Properties['Architectures']).toEqual(['arm64'])
  })

  it('logLevel is that of every function', () => {
    const levels = all(withProps({ logLevel: 'WARN' })).map(one => JSON.stringify(one['Environment']))
    expect(levels.filter(text => text.includes('"POWERTOOLS_LOG_LEVEL":"WARN"'))).toHaveLength(7)
    expect(JSON.stringify(all(withProps({})))).not.toContain('POWERTOOLS_LOG_LEVEL')
  })

  it('sweeper and dispatcher take other memory', () => {
    const template = withProps({ sweeperMemorySize: 3_008, dispatcherMemorySize: 1_024 })
    const memoryOf = (name: string) => functionCalled(template, name).Properties['MemorySize']
    expect([memoryOf('Sweeper'), memoryOf('Dispatcher'), memoryOf('Reconciler')]).toEqual([3_008, 1_024, 512])
  })
})

describe('the outputs', () => {
  const outputs = (template: Template) => Object.keys((template.toJSON() as { Outputs?: object }).Outputs ?? {})

  it('name the API, the tables and the queues', () => {
    expect(outputs(withProps({}))).toEqual(['JobsApiUrl', 'JobsTableName', 'JobsRecordTableName', 'JobsQueueUrls'])
  })

  it('leave out an API that there is not, and are left out where nobody wants them', () => {
    expect(outputs(withProps({ api: false })).filter(id => id.includes('Api'))).toEqual([])
    expect(outputs(withProps({ outputs: false }))).toEqual([])
  })
})

describe('the namespace of the metrics', () => {
  it('is the deployment’s own, the same in functions and alarms', () => {
    const template = withProps({})
    const variables = { Variables: Match.objectLike({ POWERTOOLS_METRICS_NAMESPACE: 'Lamplighter/Lanterns/Jobs' }) }
    expect(
      Object.keys(template.findResources('AWS::Lambda::Function', { Properties: { Environment: variables } })),
    ).toHaveLength(7)
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
    const document = policy?.Properties['PolicyDocument'] as
      | { Statement: readonly { Action: string | readonly string[]; Effect: string }[] }
      | undefined
    const statements = document?.Statement ?? []
    expect(statements.flatMap(({ Action: actions }) => actions).toSorted()).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:Query',
      'dynamodb:Query',
      'sqs:GetQueueAttributes',
    ])
    expect(new Set(statements.map(({ Effect: effect }) => effect))).toEqual(new Set(['Allow']))
  })
})

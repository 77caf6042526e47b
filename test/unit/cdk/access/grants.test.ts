import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import {
  Alias,
  Code,
  type IVersion,
  Function as LambdaFunction,
  Runtime,
  SingletonFunction,
  Version,
} from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { beforeAll, describe, expect, it } from 'vitest'
import { JobRunner } from '../../../../cdk/job-runner.ts'
import { runner } from '../../../support/fixtures/lanterns/jobs.ts'
import { jobRunner, lanternsFile, messagesOf } from '../lanterns-app.ts'
import { allOf } from '../resources.ts'

// Bundles are made once for the whole file, which takes its time on a busy machine.
beforeAll(() => void jobRunner(), 60_000)

const code = { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('x') }
const functionIn = (scope: Construct, id: string): LambdaFunction => new LambdaFunction(scope, id, code)
const names = ['LAMPLIGHTER_TABLE', 'LAMPLIGHTER_RECORDS', 'LAMPLIGHTER_QUEUES']

/** The variables of the function whose logical id begins like this. */
function variablesOf(stack: Stack, id: string): Readonly<Record<string, unknown>> {
  const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function') as Record<
    string,
    { Properties: { Environment?: { Variables: Record<string, unknown> } } }
  >
  const found = Object.entries(functions).filter(([logicalId]) => logicalId.startsWith(id))
  if (found.length !== 1) throw new Error(`${found.length} functions begin with ${id}`)
  return found[0]?.[1].Properties.Environment?.Variables ?? {}
}

/** Another runner in the same stack. */
const second = (stack: Stack): JobRunner =>
  new JobRunner(stack, 'Second', { runner, handlersEntry: lanternsFile('handlers') })

describe('a function that carries the names of another runner', () => {
  it('is refused, with both names and the way out', () => {
    const { stack, jobs } = jobRunner()
    const checkout = functionIn(stack, 'Checkout')
    jobs.grantEnqueue(checkout)
    expect(() => second(stack).grantEnqueue(checkout)).toThrow(
      /^Lanterns\/Checkout carries the names of the JobRunner Lanterns\/Jobs, and would lose them to those of Lanterns\/Second\. Grant with \{ environment: false \}/,
    )
  })

  it.each(['worker', 'sweeper', 'dispatcher', 'reconciler', 'apiFunction'] as const)('the %s of a runner too', name => {
    const { stack, jobs } = jobRunner()
    const one = name === 'worker' ? jobs.worker('mail') : jobs[name]
    expect(() => second(stack).grantRead(one as LambdaFunction)).toThrow(
      /carries the names of the JobRunner Lanterns\/Jobs/,
    )
  })

  it('a worker keeps its own names where the other runner grants permissions only', () => {
    const { stack, jobs } = jobRunner()
    second(stack).grantEnqueue(jobs.worker('mail'), { environment: false }).assertSuccess()
    expect(JSON.stringify(variablesOf(stack, 'JobsWorkermail'))).not.toContain('Second')
    const policies = allOf(Template.fromStack(stack), 'AWS::IAM::Policy').map(one => JSON.stringify(one))
    expect(policies.filter(one => /"JobsWorkermailRole/.test(one) && /SecondJobTable/.test(one))).toHaveLength(1)
  })

  it('two handles of one SingletonFunction are one function', () => {
    const { stack, jobs } = jobRunner()
    const singleton = (id: string) => new SingletonFunction(stack, id, { ...code, uuid: 'f0e1d2' })
    jobs.grantEnqueue(singleton('One'))
    expect(() => second(stack).grantEnqueue(singleton('Two'))).toThrow(/carries the names/)
  })

  it('a second grant of the same runner is none', () => {
    const { stack, jobs } = jobRunner()
    const checkout = functionIn(stack, 'Checkout')
    jobs.grantEnqueue(checkout)
    expect(() => jobs.grantOperate(checkout)).not.toThrow()
  })
})

describe('the variables of a grant', () => {
  it('reach the function behind an alias and a version', () => {
    const { stack, jobs } = jobRunner()
    const [one, two] = [functionIn(stack, 'One'), functionIn(stack, 'Two')]
    const version = new Version(stack, 'Version', { lambda: one }) as IVersion
    jobs.grantEnqueue(new Alias(stack, 'Alias', { aliasName: 'live', version }))
    jobs.grantEnqueue(new Version(stack, 'Other', { lambda: two }))
    for (const id of ['One', 'Two']) expect(Object.keys(variablesOf(stack, id))).toEqual(names)
  })

  it('reach a SingletonFunction', () => {
    const { stack, jobs } = jobRunner()
    jobs.grantEnqueue(new SingletonFunction(stack, 'Singleton', { ...code, uuid: 'a0b1' }))
    expect(Object.keys(variablesOf(stack, 'SingletonLambda'))).toEqual(names)
  })

  it('cannot reach an imported function: says so, unless they were not wanted', () => {
    const { app, stack, jobs } = jobRunner()
    const imported = (id: string) =>
      LambdaFunction.fromFunctionAttributes(stack, id, {
        functionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${id}`,
        role: Role.fromRoleArn(stack, `${id}Role`, 'arn:aws:iam::000000000000:role/theirs'),
      })
    jobs.grantEnqueue(imported('Told'))
    jobs.grantEnqueue(imported('Quiet'), { environment: false })
    expect(messagesOf(app)).toEqual([
      expect.stringMatching(
        /^warning: "this function takes no variables, so createClient\(\) does not find Lanterns\/Jobs/,
      ),
    ])
  })

  it('are not for a role, which has none', () => {
    const { app, stack, jobs } = jobRunner()
    jobs.grantEnqueue(new Role(stack, 'Task', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') }))
    expect(messagesOf(app)).toEqual([])
  })

  it('are public, for whoever cannot be granted', () => {
    const { jobs } = jobRunner()
    expect(Object.keys(jobs.environment)).toEqual(names)
  })

  it('warn where the function runs in another region', () => {
    const app = new App()
    const here = new Stack(app, 'Here', { env: { region: 'eu-west-1', account: '000000000000' } })
    const there = new Stack(app, 'There', { env: { region: 'us-east-1', account: '000000000000' } })
    const jobs = JobRunner.fromJobRunnerAttributes(here, 'Jobs', {
      jobTableArn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/jobs',
      recordTableArn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/records',
      queueArns: {},
    })
    jobs.grantRead(functionIn(there, 'Checkout'))
    const { messages } = app.synth().getStackByName('There')
    expect(messages.map(({ entry }) => entry.data)).toEqual([
      expect.stringMatching(/^this function runs in us-east-1, .*; those of Here\/Jobs are in eu-west-1/),
    ])
  })
})

describe('an imported runner', () => {
  const attributes = {
    jobTableArn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/jobs',
    recordTableArn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/records',
    queueArns: { default: 'arn:aws:sqs:eu-west-1:000000000000:jobs-default' },
  }
  const imported = (more: object = {}) => {
    const stack = new Stack(undefined, 'Shop', { env: { region: 'eu-west-1', account: '000000000000' } })
    return { stack, jobs: JobRunner.fromJobRunnerAttributes(stack, 'Jobs', { ...attributes, ...more }) }
  }

  it('grants what the runner itself grants', () => {
    const { stack, jobs } = imported({ windowedQueues: ['default'] })
    jobs.grantEnqueue(functionIn(stack, 'Checkout'))
    expect(variablesOf(stack, 'Checkout')).toEqual({
      LAMPLIGHTER_TABLE: 'jobs',
      LAMPLIGHTER_RECORDS: 'records',
      LAMPLIGHTER_QUEUES: expect.anything(),
    })
    expect(JSON.stringify(variablesOf(stack, 'Checkout'))).toMatch(/sqs\.eu-west-1\..*\/000000000000\/jobs-default/)
    const made = jobRunner()
    made.jobs.grantEnqueue(functionIn(made.stack, 'Checkout'))
    const actionsIn = (one: Stack) =>
      allOf(Template.fromStack(one), 'AWS::IAM::Policy')
        .filter(({ Properties }) => JSON.stringify(Properties['Roles']).includes('"Checkout'))
        .flatMap(({ Properties }) => (Properties['PolicyDocument'] as { Statement: { Action: unknown }[] }).Statement)
        .map(({ Action }) => Action)
    expect(actionsIn(stack)).toEqual(actionsIn(made.stack))
  })

  it('lets its key be used', () => {
    const stack = new Stack()
    const encryptionKey = new Key(stack, 'Key')
    const jobs = JobRunner.fromJobRunnerAttributes(stack, 'Jobs', { ...attributes, encryptionKey })
    jobs.grantEnqueue(functionIn(stack, 'Checkout'))
    expect(JSON.stringify(Template.fromStack(stack))).toContain('kms:GenerateDataKey')
  })

  it('names what is missing or unknown', () => {
    expect(() => imported({ tableArn: 'x' })).toThrow(
      /\.tableArn is not an option; allowed: jobTableArn, recordTableArn/,
    )
    expect(() => imported({ recordTableArn: undefined })).toThrow(
      /^JobRunner\.fromJobRunnerAttributes\(Shop\/Jobs\)\.recordTableArn is undefined; allowed: an ARN$/,
    )
  })
})

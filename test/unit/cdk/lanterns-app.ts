/** An application with a JobRunner of its own, and functions that were granted something: what the tests here look at. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { App, Stack, type StackProps } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { JobRunner, type JobRunnerProps } from '../../../cdk/job-runner.ts'
import { bundle } from '../../../lib/bundle/bundle.ts'
import { runner } from '../../support/fixtures/lanterns/jobs.ts'

export const lanternsFile = (name: string): string =>
  fileURLToPath(new URL(`../../support/fixtures/lanterns/${name}.ts`, import.meta.url))

const handlersEntry = lanternsFile('handlers')

/** A JobRunner in an app of its own, which is not synthesised yet. */
export function jobRunner(
  propsFor: (stack: Stack) => Partial<JobRunnerProps> = () => ({}),
  stackProps: StackProps = {},
): {
  readonly app: App
  readonly stack: Stack
  readonly jobs: JobRunner
} {
  const app = new App({ outdir: newOutdir() })
  const stack = new Stack(app, 'Lanterns', stackProps)
  return { app, stack, jobs: new JobRunner(stack, 'Jobs', { runner, handlersEntry, ...propsFor(stack) }) }
}

/** An application's own function with `createClient` in it. */
export function clientFunction(stack: Stack, id: string): LambdaFunction {
  const { folder } = bundle('client', `export * from ${JSON.stringify(lanternsFile('client'))}`)
  return new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: Code.fromAsset(folder),
    // Nothing but what it is granted.
    role: new Role(stack, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  })
}

const outdirs: string[] = []

function newOutdir(): string {
  if (outdirs.length === 0) {
    process.once('exit', () => {
      for (const outdir of outdirs) rmSync(outdir, { recursive: true, force: true })
    })
  }
  const outdir = mkdtempSync(join(tmpdir(), 'lamplighter-cdk-'))
  outdirs.push(outdir)
  return outdir
}

/** `level: text` of every message that synthesis has for the user. */
export const messagesOf = (app: App): readonly string[] =>
  app
    .synth()
    .getStackByName('Lanterns')
    .messages.map(({ level, entry }) => `${level}: ${JSON.stringify(entry.data)}`)

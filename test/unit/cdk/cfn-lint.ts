/**
 * The cfn-lint lane: what the construct synthesises, with its defaults and with all it can be given, read by
 * CloudFormation's linter. `node test/unit/cdk/cfn-lint.ts`
 *
 * Without Python or the package it says so and skips, with exit code 0.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Tracing } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { pythonTool } from '../../support/python-tool.ts'
import { jobRunner } from './lanterns-app.ts'

const version = '1.58.0'
/** Regions differ in what they offer. */
const regions = ['us-east-1', 'eu-central-1', 'ap-southeast-2']

const stacks = {
  'with its defaults': () => jobRunner(),
  'with all it can be given': () =>
    jobRunner(stack => ({
      encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
      eventBus: new EventBus(stack, 'Bus') as IEventBus,
      alarms: { actions: [new SnsAction(new Topic(stack, 'Topic'))] },
      apiCors: { allowOrigins: ['https://shop.example'] },
      apiAuth: { jwt: { issuer: 'https://login.example', audience: ['jobs'] } },
      dashboard: { oidc: { clientId: 'page' } },
      warmThroughput: { readUnitsPerSecond: 20_000, writeUnitsPerSecond: 10_000 },
      maxReadRequestUnits: 50_000,
      maxWriteRequestUnits: 50_000,
      logLevel: 'DEBUG',
      tracing: Tracing.ACTIVE,
      workers: { mail: { vpc: new Vpc(stack, 'Vpc', { maxAzs: 2 }) as IVpc, reservedConcurrency: 3 } },
    })),
  'with as little as possible': () =>
    jobRunner(() => ({ api: false, alarms: false, reconciler: false, outputs: false, deletionProtection: false })),
}

/** @returns whether the linter found nothing */
function isClean(linter: string, title: string, make: () => ReturnType<typeof jobRunner>): boolean {
  const template = join(make().app.synth().directory, 'Lanterns.template.json')
  const ended = spawnSync(linter, ['--regions', ...regions, '--template', template], { encoding: 'utf8' })
  console.log(`cfn-lint ${version}, a JobRunner ${title}: ${ended.status === 0 ? 'clean' : 'FAILED'}`)
  if (ended.status !== 0) console.log(ended.stdout, ended.stderr, ended.error ?? '')
  return ended.status === 0
}

/** The lanes of .ci/run count tests: each template is one. */
function report(results: readonly boolean[]): void {
  const path = process.env['LAMPLIGHTER_TEST_REPORT'] ?? ''
  if (path === '') return
  const passed = results.filter(Boolean).length
  const counts = {
    numPassedTests: passed,
    numFailedTests: results.length - passed,
    numPendingTests: 0,
    numTodoTests: 0,
  }
  writeFileSync(path, JSON.stringify({ success: passed === results.length, ...counts }))
}

const tool = await pythonTool('cfn-lint', version)
if (tool.kind === 'missing') {
  console.log(`cfn-lint: SKIPPED: ${tool.why}`)
} else {
  const results = Object.entries(stacks).map(([title, make]) => isClean(tool.path, title, make))
  report(results)
  process.exitCode = results.every(Boolean) ? 0 : 1
}

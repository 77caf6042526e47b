/** Every deployed bundle does everything it can do; what it asked for must be what its role allows, no more, no less. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { lambdaTelemetry } from '../../../lib/lambda/telemetry.ts'
import { permissionsFor } from '../../support/iam.ts'
import { idsOf } from '../../support/template.ts'
import { doEverythingOnce, uncalledRoutes } from './everything-once.ts'
import {
  type DeployedFunction,
  type Deployment,
  deployLanterns,
  physicalQueue,
  tableName,
} from './lanterns-deployment.ts'

const names = [
  'worker-default',
  'worker-mail',
  'worker-lamplighter',
  'sweeper',
  'dispatcher',
  'reconciler',
  'recorder',
  'api',
  'enqueuer',
  'reader',
  'operator',
  'transactor',
]

let deployment: Deployment

beforeAll(async () => {
  deployment = await deployLanterns()
  await doEverythingOnce(deployment)
  for (const name of names) console.log(roleTable(deployment.fn(name)))
}, 180_000)

afterAll(() => deployment.stop())

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)].toSorted()
const used = ({ dynamo, sqs, events, lambda }: DeployedFunction): readonly string[] =>
  unique([...dynamo.calls, ...sqs.calls, ...events.calls, ...lambda.calls].flatMap(permissionsFor))

/** What Lambda itself does in the function's name: nothing of it is seen here. …/lambda/latest/dg/lambda-permissions.html */
function usedByLambda(name: string): readonly string[] {
  if (['enqueuer', 'reader', 'operator', 'transactor'].includes(name)) return []
  const on = (resource: string, actions: readonly string[]) => actions.map(action => `${action} ${resource}`)
  const logs = on('its-own-log', ['logs:CreateLogStream', 'logs:PutLogEvents'])
  if (name.startsWith('worker-')) {
    const queue = physicalQueue(name.replace('worker-', ''))
    return [...logs, ...on(queue, ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'])]
  }
  const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(one => `dynamodb:${one}`)
  return [
    ...logs,
    ...(name === 'api' ? [] : on('undelivered', ['sqs:SendMessage'])),
    ...(name === 'dispatcher' || name === 'recorder' ? on(`${tableName}/stream`, stream) : []),
  ]
}

/** A role in a few lines: each resource, and what may be done to it. */
function roleTable({ name, allowed }: DeployedFunction): string {
  const byResource = Map.groupBy(allowed, one => one.split(' ')[1] ?? '')
  const lines = [...byResource].map(([resource, all]) => {
    const actions = all.map(one => one.split(' ')[0] ?? '').toSorted((a, b) => a.localeCompare(b))
    return `${name.padEnd(15)} ${resource.padEnd(30)} ${actions.join(' ')}`
  })
  return lines.toSorted().join('\n')
}

describe('a role allows what its function does, and nothing else', () => {
  it.each(names)('%s', name => {
    const fn = deployment.fn(name)
    expect(used(fn)).not.toEqual([])
    expect(unique(fn.allowed)).toEqual(unique([...used(fn), ...usedByLambda(name)]))
  })

  it('every route of the API was called for this', () => {
    expect(uncalledRoutes()).toEqual([])
  })

  it('there is no other function', () => {
    expect(idsOf(deployment.template, 'AWS::Lambda::Function')).toHaveLength(names.length)
  })

  it('no action and no resource with a wildcard, and no Scan but the reconciler’s', () => {
    const all = names.flatMap(name => deployment.fn(name).allowed.map(one => `${name}: ${one}`))
    expect(all.filter(one => one.includes('*'))).toEqual([])
    expect(all.filter(one => one.includes(':Scan'))).toEqual([`reconciler: dynamodb:Scan ${tableName}`])
  })
})

interface WatchedMetric {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[]
}

/** An alarm reads one metric, or several in an expression. */
interface AlarmProperties extends WatchedMetric {
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: WatchedMetric } }[]
}

/** CloudWatch's embedded metric format: what stands under `_aws`. */
interface EmbeddedMetrics {
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string
    readonly Dimensions: readonly (readonly string[])[]
    readonly Metrics: readonly { readonly Name: string }[]
  }[]
}

const namespace = 'Lamplighter/Lanterns/Jobs'
const metricText = (name: string, dimensions: readonly (readonly [string, unknown])[]): string =>
  [name, ...dimensions.map(([key, value]) => `${key}=${String(value)}`).toSorted()].join(' ')

/** Every metric in the deployment's namespace that these lines hold, with all its dimensions. */
function emittedIn(lines: readonly string[]): readonly string[] {
  return lines
    .filter(line => line.includes('"CloudWatchMetrics"'))
    .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .flatMap(line =>
      (line['_aws'] as EmbeddedMetrics).CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        (Namespace === namespace ? Dimensions : []).flatMap(keys =>
          Metrics.map(({ Name }) =>
            metricText(
              Name,
              keys.map(key => [key, line[key]] as const),
            ),
          ),
        ),
      ),
    )
}

/** What no short run brings about, written by the same telemetry as the functions' own. */
function emittedInTrouble(): readonly string[] {
  const lines: string[] = []
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', namespace)
  vi.spyOn(process.stdout, 'write').mockImplementation(text => lines.push(String(text)) > 0)
  try {
    const [sweeper, reconciler] = [lambdaTelemetry('sweeper'), lambdaTelemetry('reconciler')]
    const tick = { looked: 1, dispatched: 0, recovered: 0, setAside: 0, leftOver: 0, oldestDueMs: 0 }
    sweeper.emit({ name: 'tick', ...tick, isComplete: false })
    sweeper.emit({ name: 'schedule_missed', schedule: 'nightly', dropped: 1, isExact: true })
    sweeper.emit({ name: 'schedule_failed', schedule: 'nightly', error: 'no input' })
    reconciler.emit({ name: 'job_forgotten', id: 'x', type: 'light', queue: 'gone', lateMs: 7_200_000 })
    reconciler.emit({ name: 'counts_drift', queue: 'default', jobs: 2, isRepeated: true })
    const recorder = lambdaTelemetry('recorder')
    recorder.emit({ name: 'record_set_aside', id: '#counts/default', error: 'too large' })
    for (const telemetry of [sweeper, reconciler, recorder]) telemetry.flush()
  } finally {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  }
  return emittedIn(lines.flatMap(text => text.split('\n')))
}

describe('an alarm watches what the bundles emit', () => {
  /** Our own metrics that an alarm reads. */
  function watched(): readonly string[] {
    const { template } = deployment
    const alarms = idsOf(template, 'AWS::CloudWatch::Alarm').map(
      id => template.Resources[id]?.Properties as AlarmProperties,
    )
    const metrics = alarms.flatMap(({ Metrics = [], ...one }) => [
      one,
      ...Metrics.flatMap(({ MetricStat: stat }) => (stat === undefined ? [] : [stat.Metric])),
    ])
    return metrics.flatMap(({ Namespace, MetricName = '', Dimensions = [] }) =>
      Namespace === namespace
        ? [
            metricText(
              MetricName,
              Dimensions.map(({ Name, Value }) => [Name, Value] as const),
            ),
          ]
        : [],
    )
  }

  it('each of our own metrics that an alarm names was emitted, in its namespace and with its dimensions', () => {
    const emitted = names.flatMap(name => emittedIn(deployment.fn(name).lines))
    const all = new Set([...emitted, ...emittedInTrouble()])
    expect(watched().filter(metric => !all.has(metric))).toEqual([])
  })

  it('what the sweeper ends counts for the worker of the queue', () => {
    const ofSweeper = emittedIn(deployment.fn('sweeper').lines)
    const ofWorkers = ['JobsCrashed', 'JobsFailed'].flatMap(name =>
      ['default', 'mail'].map(queue => `${name} queue=${queue} service=worker`),
    )
    expect(ofWorkers.filter(metric => !ofSweeper.includes(metric))).toEqual([])
  })

  it('these are the metrics with an alarm', () => {
    const ofQueues = ['default', 'mail'].flatMap(queue =>
      ['JobsCrashed', 'JobsFailed', 'StartLatency'].map(name => `${name} queue=${queue} service=worker`),
    )
    expect(unique(watched())).toEqual(
      unique([
        ...ofQueues,
        'JobsFailed queue=lamplighter service=worker',
        'CountsDrift service=reconciler',
        'EventsPutOff service=recorder',
        'RecordsSetAside service=recorder',
        'JobsAdopted service=reconciler',
        'JobsForgotten service=reconciler',
        'JobsSetAside service=dispatcher',
        'JobsSetAside service=sweeper',
        'OldestDueAge service=sweeper',
        'SchedulesFailed service=sweeper',
        'SchedulesMissed service=sweeper',
        'LateWrites service=worker',
        'Ticks service=sweeper',
        'TicksCutShort service=sweeper',
        'UnknownTypes service=worker',
      ]),
    )
  })
})

it('stacks in the log name the lines of the handler as it was written', () => {
  const stacks = deployment.fn('worker-default').lines.filter(line => line.includes('"job_retry"'))
  expect(stacks).not.toEqual([])
  for (const line of stacks) expect(line).toMatch(/test\/support\/fixtures\/lanterns\/handlers\.ts:\d+/)
})

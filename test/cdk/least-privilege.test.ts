/** Every deployed bundle does everything it can do; what it asked for must be what its role allows, no more, no less. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { permissionsFor } from '../support/iam.ts'
import { idsOf } from '../support/template.ts'
import { doEverythingOnce } from './everything-once.ts'
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
  'sweeper',
  'dispatcher',
  'reconciler',
  'api',
  'enqueuer',
  'reader',
  'operator',
]

let deployment: Deployment

beforeAll(async () => {
  deployment = await deployLanterns()
  await doEverythingOnce(deployment)
  for (const name of names) console.log(roleTable(deployment.fn(name)))
}, 60_000)

afterAll(() => deployment.stop())

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)].toSorted()
const used = ({ dynamo, sqs, events }: DeployedFunction): readonly string[] =>
  unique([...dynamo.calls, ...sqs.calls, ...events.calls].flatMap(permissionsFor))

/** What Lambda itself does in the function's name: nothing of it is seen here. …/lambda/latest/dg/lambda-permissions.html */
function usedByLambda(name: string): readonly string[] {
  if (['enqueuer', 'reader', 'operator'].includes(name)) return []
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
    ...(name === 'dispatcher' ? on(`${tableName}/stream`, stream) : []),
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

  it('there is no other function', () => {
    expect(idsOf(deployment.template, 'AWS::Lambda::Function')).toHaveLength(names.length)
  })

  it('no action and no resource with a wildcard, and no Scan but the reconciler’s', () => {
    const all = names.flatMap(name => deployment.fn(name).allowed.map(one => `${name}: ${one}`))
    expect(all.filter(one => one.includes('*'))).toEqual([])
    expect(all.filter(one => one.includes(':Scan'))).toEqual([`reconciler: dynamodb:Scan ${tableName}`])
  })
})

interface AlarmProperties {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[]
}

/** CloudWatch's embedded metric format: what stands under `_aws`. */
interface EmbeddedMetrics {
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string
    readonly Dimensions: readonly (readonly string[])[]
    readonly Metrics: readonly { readonly Name: string }[]
  }[]
}

const metricText = (namespace: string, name: string, dimensions: readonly (readonly [string, unknown])[]): string =>
  [namespace, name, ...dimensions.map(([key, value]) => `${key}=${String(value)}`).toSorted()].join(' ')

/** Every metric that a function wrote, with all its dimensions. */
function emittedBy({ lines }: DeployedFunction): readonly string[] {
  return lines
    .filter(line => line.includes('"CloudWatchMetrics"'))
    .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .flatMap(line =>
      (line['_aws'] as EmbeddedMetrics).CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        Dimensions.flatMap(keys => {
          const dimensions = keys.map(key => [key, line[key]] as const)
          return Metrics.map(({ Name }) => metricText(Namespace, Name, dimensions))
        }),
      ),
    )
}

describe('an alarm watches what the bundles emit', () => {
  const namespace = 'Lamplighter/Lanterns/Jobs'

  function watched(): readonly string[] {
    const { template } = deployment
    const alarms = idsOf(template, 'AWS::CloudWatch::Alarm').map(
      id => template.Resources[id]?.Properties as AlarmProperties,
    )
    return alarms.flatMap(({ Namespace = '', MetricName = '', Dimensions = [] }) =>
      Namespace.startsWith('Lamplighter')
        ? [
            metricText(
              Namespace,
              MetricName,
              Dimensions.map(({ Name, Value }) => [Name, Value] as const),
            ),
          ]
        : [],
    )
  }

  it('each of our own metrics that an alarm names was emitted, in its namespace and with its dimensions', () => {
    const emitted = new Set(names.flatMap(name => emittedBy(deployment.fn(name))))
    expect(watched().filter(metric => !emitted.has(metric))).toEqual([])
  })

  it('these are the metrics with an alarm', () => {
    expect(watched().toSorted()).toEqual([
      `${namespace} JobsAdopted service=reconciler`,
      `${namespace} JobsSetAside service=dispatcher`,
      `${namespace} JobsSetAside service=sweeper`,
      `${namespace} LateWrites queue=default service=worker`,
      `${namespace} LateWrites queue=mail service=worker`,
      `${namespace} OldestDueAge service=sweeper`,
      `${namespace} Ticks service=sweeper`,
      `${namespace} UnknownTypes queue=default service=worker`,
      `${namespace} UnknownTypes queue=mail service=worker`,
    ])
  })
})

it('stacks in the log name the lines of the handler as it was written', () => {
  const stacks = deployment.fn('worker-default').lines.filter(line => line.includes('"job_retry"'))
  expect(stacks).not.toEqual([])
  for (const line of stacks) expect(line).toMatch(/test\/support\/fixtures\/lanterns\/handlers\.ts:\d+/)
})

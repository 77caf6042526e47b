/** What the emulator cannot take is made simpler in the synthesised templates, right before they are deployed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface AlarmMetric {
  readonly MetricStat?: {
    readonly Metric: { readonly Namespace: string; readonly MetricName: string; readonly Dimensions?: unknown }
    readonly Period: number
    readonly Stat: string
  }
}

interface Template {
  readonly Resources: Record<string, { readonly Type: string; Properties: Readonly<Record<string, unknown>> }>
}

/** Changes the templates of a cloud assembly in place. */
export function simplify(assembly: string): void {
  for (const name of readdirSync(assembly).filter(file => file.endsWith('.template.json'))) {
    const path = join(assembly, name)
    const template = JSON.parse(readFileSync(path, 'utf8')) as Template
    for (const [id, resource] of Object.entries(template.Resources)) {
      if (resource.Type === 'AWS::CloudWatch::Alarm') resource.Properties = simplerAlarm(resource.Properties)
      if (isRecorder(id, resource)) resource.Properties = withSoleShard(resource.Properties)
      if (resource.Type === 'AWS::Lambda::EventSourceMapping') resource.Properties = simplerMapping(resource.Properties)
    }
    writeFileSync(path, JSON.stringify(template))
  }
}

type Properties = Readonly<Record<string, unknown>>

/** MiniStack refuses alarms on an expression. Each becomes an alarm on the first of its metrics. */
function simplerAlarm({ Metrics: metrics, ...others }: Properties): Properties {
  if (metrics === undefined) return others
  const first = (metrics as readonly AlarmMetric[]).find(one => one.MetricStat !== undefined)?.MetricStat
  if (first === undefined) throw new Error('an alarm reads no metric')
  return { ...others, ...first.Metric, Period: first.Period, Statistic: first.Stat }
}

const isRecorder = (id: string, { Type: type }: { readonly Type: string }): boolean =>
  type === 'AWS::Lambda::Function' && id.startsWith('JobsRecorder')

/** MiniStack's stream has one shard, and its events do not name it: it knows no tumbling window. */
function withSoleShard(properties: Properties): Properties {
  const { Environment: environment } = properties as { Environment: { Variables: Properties } }
  return { ...properties, Environment: { Variables: { ...environment.Variables, LAMPLIGHTER_SOLE_SHARD: 'single' } } }
}

interface Pattern {
  readonly dynamodb?: { readonly NewImage?: { parked?: unknown } }
}

/**
 * MiniStack takes no absence of a leaf whose parent is absent, which AWS takes. So the emulator's stream brings parked
 * items, too; the dispatcher leaves them alone.
 */
function simplerMapping(properties: Properties): Properties {
  const { FilterCriteria: criteria } = properties as { FilterCriteria?: { Filters: readonly { Pattern: string }[] } }
  if (criteria === undefined) return properties
  const Filters = criteria.Filters.map(({ Pattern: text }) => {
    const pattern = JSON.parse(text) as Pattern
    delete pattern.dynamodb?.NewImage?.parked
    return { Pattern: JSON.stringify(pattern) }
  })
  return { ...properties, FilterCriteria: { Filters } }
}

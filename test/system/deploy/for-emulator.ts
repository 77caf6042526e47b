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

/** MiniStack refuses alarms on an expression. Each becomes an alarm on the first of its metrics. */
export function simplifyAlarms(assembly: string): void {
  for (const name of readdirSync(assembly).filter(file => file.endsWith('.template.json'))) {
    const path = join(assembly, name)
    const template = JSON.parse(readFileSync(path, 'utf8')) as Template
    for (const resource of Object.values(template.Resources)) {
      const { Metrics: metrics, ...others } = resource.Properties
      if (resource.Type !== 'AWS::CloudWatch::Alarm' || metrics === undefined) continue
      const first = (metrics as readonly AlarmMetric[]).find(one => one.MetricStat !== undefined)?.MetricStat
      if (first === undefined) throw new Error(`an alarm of ${name} reads no metric`)
      resource.Properties = { ...others, ...first.Metric, Period: first.Period, Statistic: first.Stat }
    }
    writeFileSync(path, JSON.stringify(template))
  }
}

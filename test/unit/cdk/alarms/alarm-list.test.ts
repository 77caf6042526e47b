import { Duration } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AlarmSettings, JobRunnerProps } from '../../../../cdk/job-runner.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import { anything } from '../../bundle/anything.ts'
import { jobRunner } from '../lanterns-app.ts'
import { allOf } from '../resources.ts'

// Bundles are made once for the whole file, which takes its time on a busy machine.
beforeAll(() => void jobRunner(), 60_000)

const perQueue = ['JobsFailed', 'JobsCrashed', 'StartLatency', 'InFlight', 'DeadLetters']
const ofQueue = (queue: string): readonly string[] => perQueue.map(name => `${name}-${queue}`)
const ofAll = [
  'OldestDueJob',
  'SweeperMissing',
  'TicksCutShort',
  'SetAside',
  'StraysAdopted',
  'JobsForgotten',
  'UnknownTypes',
  'LateWrites',
  'SchedulesMissed',
  'SchedulesFailed',
  'Errors',
  'Undelivered',
  'StreamAge',
  'TableThrottles',
  'ApiErrors',
  'RecorderBehind',
  'RecordsSetAside',
  'BulkStuck',
  'CountsDrift',
]

interface Query {
  readonly Expression?: string
  readonly MetricStat?: { readonly Metric: object; readonly Stat: string; readonly Period: number }
}

interface AlarmProperties {
  readonly AlarmDescription: string
  readonly Metrics?: readonly Query[]
}

const made = (alarms?: JobRunnerProps['alarms'], more: Partial<JobRunnerProps> = {}) =>
  jobRunner(() => ({ ...more, ...(alarms === undefined ? {} : { alarms }) }))

/** The alarms of a runner as CloudFormation gets them, by their ids. */
function alarmsOf(settings?: AlarmSettings, more?: Partial<JobRunnerProps>): Readonly<Record<string, AlarmProperties>> {
  const { stack, jobs } = made(settings, more)
  const resources = Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm') as Record<
    string,
    { Properties: AlarmProperties }
  >
  return Object.fromEntries(
    Object.entries(jobs.alarms).map(([id, alarm]) => {
      const { Ref: logicalId } = stack.resolve(alarm.alarmName) as { Ref: string }
      return [id, resources[logicalId]?.Properties as AlarmProperties]
    }),
  )
}

describe('which there are', () => {
  it('19 for the whole and 5 a queue, by their ids; each says what to do', () => {
    const { jobs, stack } = made()
    expect(Object.keys(jobs.alarms).toSorted()).toEqual(
      [...ofAll, ...ofQueue('default'), ...ofQueue('mail')].toSorted(),
    )
    expect(allOf(Template.fromStack(stack), 'AWS::CloudWatch::Alarm')).toHaveLength(29)
    for (const { AlarmDescription: text } of Object.values(alarmsOf())) {
      expect(text.length).toBeGreaterThan(40)
      expect(text.length).toBeLessThan(1_024)
    }
  })

  it('read 21 metrics for the whole and 7 a queue: each of them costs', () => {
    const metrics = Object.values(alarmsOf()).map(({ Metrics }) =>
      Metrics === undefined ? 1 : Metrics.filter(one => one.MetricStat !== undefined).length,
    )
    expect(metrics.reduce((sum, count) => sum + count, 0)).toBe(21 + 2 * 7)
  })

  it('none where nobody wants them', () => {
    const { stack, jobs } = made(false)
    expect(allOf(Template.fromStack(stack), 'AWS::CloudWatch::Alarm')).toEqual([])
    expect(jobs.alarms).toEqual({})
  })

  it('those that are excluded are not made', () => {
    const ids = Object.keys(alarmsOf({ exclude: ['LateWrites', 'DeadLetters-mail'] }))
    expect(ids).toHaveLength(27)
    expect(ids.filter(id => ['LateWrites', 'DeadLetters-mail'].includes(id))).toEqual([])
  })

  it('none of the API or the reconciler where there is none', () => {
    const ids = Object.keys(alarmsOf({}, { api: false, reconciler: false }))
    expect(ids.filter(id => ['ApiErrors', 'StraysAdopted', 'JobsForgotten', 'CountsDrift'].includes(id))).toEqual([])
    expect(ids).toHaveLength(25)
  })

  it('none of the recorder where there is none, and of its bus only with a bus', () => {
    const ofRecorder = (more: Partial<JobRunnerProps>) =>
      Object.keys(alarmsOf({}, more)).filter(id => /^(Recorde?r?s?|Counts|Events)/.test(id))
    expect(ofRecorder({ recorder: false })).toEqual([])
    const { jobs } = jobRunner(scope => ({ eventBus: new EventBus(scope, 'Bus') as IEventBus }))
    expect(Object.keys(jobs.alarms)).toContain('EventsPutOff')
    expect(Object.keys(made().jobs.alarms)).not.toContain('EventsPutOff')
  })

  it('an alarm reads ten metrics at most: more functions make a second one', () => {
    const queues = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`queue-${n}`, {}]))
    const runner = defineRunner({ queues, jobs: [defineJob({ type: 'x', input: anything })] })
    const alarms = alarmsOf({}, { runner, checkHandlers: false })
    const metricsIn = (id: string) => alarms[id]?.Metrics?.filter(one => one.MetricStat !== undefined).length
    expect(['Errors', 'Errors-2'].map(metricsIn)).toEqual([10, 3])
    for (const { Metrics = [] } of Object.values(alarms)) expect(Metrics.length).toBeLessThanOrEqual(11)
  })
})

describe('when they go off', () => {
  it('SweeperMissing when there is no tick; of all others silence is good news', () => {
    const alarms = alarmsOf()
    expect(alarms['SweeperMissing']).toMatchObject({
      MetricName: 'Ticks',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 60,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    })
    const others = Object.entries(alarms).filter(([id]) => id !== 'SweeperMissing')
    for (const [, alarm] of others) {
      expect(alarm).toMatchObject({
        TreatMissingData: 'notBreaching',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      })
    }
  })

  it.each(['JobsFailed', 'JobsCrashed'])('%s: one job in five minutes', name => {
    expect(alarmsOf()[`${name}-mail`]).toMatchObject({
      MetricName: name,
      Threshold: 1,
      EvaluationPeriods: 1,
      Statistic: 'Sum',
      Period: 300,
    })
  })

  it('JobsFailed and JobsCrashed take thresholds for all queues or for one, and can be switched off', () => {
    const alarms = alarmsOf({ thresholds: { failures: { mail: 20 }, crashes: 3 } })
    const thresholds = ['JobsFailed-mail', 'JobsFailed-default', 'JobsCrashed-mail', 'JobsCrashed-default']
    expect(thresholds.map(id => (alarms[id] as unknown as { Threshold: number }).Threshold)).toEqual([20, 1, 3, 3])
    const off = Object.keys(alarmsOf({ thresholds: { failures: { mail: false }, crashes: false } }))
    expect(off.filter(id => /^Jobs(Failed|Crashed)/.test(id))).toEqual(['JobsFailed-default'])
  })

  it('OldestDueJob at three minutes, or as the thresholds say', () => {
    const oldest = (settings?: AlarmSettings) => alarmsOf(settings)['OldestDueJob']
    expect(oldest()).toMatchObject({ Threshold: 180_000, Statistic: 'Maximum', Period: 60, EvaluationPeriods: 3 })
    expect(oldest({ thresholds: { dueAge: Duration.minutes(10) } })).toMatchObject({ Threshold: 600_000 })
  })

  it('StartLatency at five minutes, or where messages wait and none starts', () => {
    const expressionOf = (queue: string, settings?: AlarmSettings) =>
      alarmsOf(settings)[`StartLatency-${queue}`]?.Metrics?.find(one => one.Expression !== undefined)?.Expression
    expect(expressionOf('mail')).toBe(
      'IF(FILL(late, 0) >= 300000 OR (FILL(visible, 0) > 0 AND FILL(late, -1) < 0), 1, 0)',
    )
    const settings = { thresholds: { startLatency: { mail: Duration.hours(1) } } }
    expect(expressionOf('mail', settings)).toContain('FILL(late, 0) >= 3600000 ')
    expect(expressionOf('default', settings)).toContain('FILL(late, 0) >= 300000 ')
    expect(alarmsOf()['StartLatency-mail']).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 1 })
  })

  it('TicksCutShort three times in a row; InFlight at 90,000 messages', () => {
    const alarms = alarmsOf()
    expect(alarms['TicksCutShort']).toMatchObject({ Threshold: 1, Period: 60, EvaluationPeriods: 3 })
    expect(alarms['InFlight-mail']).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesNotVisible',
      Threshold: 90_000,
    })
  })
})

it('the actions are called when an alarm goes off, and when it is over', () => {
  const { stack } = jobRunner(scope => ({ alarms: { actions: [new SnsAction(new Topic(scope, 'Topic'))] } }))
  const topic = [{ Ref: expect.stringMatching(/^Topic/) }]
  const alarms = allOf(Template.fromStack(stack), 'AWS::CloudWatch::Alarm')
  expect(alarms).toHaveLength(29)
  for (const { Properties } of alarms) expect(Properties).toMatchObject({ AlarmActions: topic, OKActions: topic })
})

describe('the metrics of a runner', () => {
  it('are those of its namespace, by name', () => {
    const { jobs } = jobRunner()
    const metrics = [
      jobs.metric('Ticks', { service: 'sweeper' }),
      jobs.metricJobsCompleted('mail'),
      jobs.metricStartLatency('mail'),
      jobs.metricRunTime('mail', { period: Duration.hours(1) }),
      jobs.metricOldestDueAge(),
      jobs.metricJobsFailed('mail'),
      jobs.metricJobsCrashed('mail'),
    ]
    expect(
      metrics.map(one => [one.namespace, one.metricName, one.dimensions, one.statistic, one.period.toMinutes()]),
    ).toEqual([
      ['Lamplighter/Lanterns/Jobs', 'Ticks', { service: 'sweeper' }, 'Sum', 5],
      ['Lamplighter/Lanterns/Jobs', 'JobsCompleted', { service: 'worker', queue: 'mail' }, 'Sum', 5],
      ['Lamplighter/Lanterns/Jobs', 'StartLatency', { service: 'worker', queue: 'mail' }, 'Maximum', 5],
      ['Lamplighter/Lanterns/Jobs', 'RunTime', { service: 'worker', queue: 'mail' }, 'Average', 60],
      ['Lamplighter/Lanterns/Jobs', 'OldestDueAge', { service: 'sweeper' }, 'Maximum', 5],
      ['Lamplighter/Lanterns/Jobs', 'JobsFailed', { service: 'worker', queue: 'mail' }, 'Sum', 5],
      ['Lamplighter/Lanterns/Jobs', 'JobsCrashed', { service: 'worker', queue: 'mail' }, 'Sum', 5],
    ])
  })
})

import type { Duration } from 'aws-cdk-lib'
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch'

/** One value for all queues, or one for each; a queue that is not named has the default. */
export type PerQueue<Value> = Value | { readonly [queue: string]: Value }

export interface AlarmThresholds {
  /** Age of the oldest due job from which on OldestDueJob goes off. At least 2 minutes. @default 3 minutes */
  readonly dueAge?: Duration
  /** How late jobs of a queue start when StartLatency goes off. At least 1 minute. @default 5 minutes */
  readonly startLatency?: PerQueue<Duration>
  /** How many jobs of a queue end FAILED in five minutes when JobsFailed goes off; `false` makes no such alarm. @default 1 */
  readonly failures?: PerQueue<number | false>
  /** How many runs of a queue crash in five minutes when JobsCrashed goes off; `false` makes no such alarm. @default 1 */
  readonly crashes?: PerQueue<number | false>
}

/**
 * @example
 * { actions: [new SnsAction(topic)], thresholds: { failures: { mails: 20, reports: false } }, exclude: ['LateWrites'] }
 */
export interface AlarmSettings {
  /** Called when an alarm goes off, and when it is over. @default none; the alarms only show */
  readonly actions?: readonly IAlarmAction[]
  readonly thresholds?: AlarmThresholds
  /** Alarms that are not made, by their ids in `jobs.alarms`. @default none */
  readonly exclude?: readonly string[]
}

/** The value for one queue. `isValue` tells a value from an object of queues. */
export function forQueue<Value>(
  given: PerQueue<Value> | undefined,
  queue: string,
  isValue: (given: unknown) => given is Value,
): Value | undefined {
  if (given === undefined || isValue(given)) return given
  return Object.hasOwn(given, queue) ? given[queue] : undefined
}

/** By its shape: `instanceof` fails where aws-cdk-lib is installed twice. */
export const isDuration = (given: unknown): given is Duration =>
  typeof given === 'object' && given !== null && 'toMilliseconds' in given

export const isCount = (given: unknown): given is number | false => typeof given === 'number' || given === false

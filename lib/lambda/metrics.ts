import type { TelemetryEvent } from '../ports/telemetry.ts'

export interface Metric {
  readonly name: MetricName
  readonly unit: 'Count' | 'Milliseconds'
  readonly value: number
}

const count = (name: MetricName, value = 1): Metric => ({ name, unit: 'Count', value })
const milliseconds = (name: MetricName, value: number): Metric => ({ name, unit: 'Milliseconds', value })

/** Every metric that the functions write. Alarms are built on these names: they change only with the alarms. */
export type MetricName =
  | (typeof counters)[keyof typeof counters]
  | 'JobsEnqueued'
  | 'JobsRepeated'
  | 'JobsStarted'
  | 'StartLatency'
  | 'JobsCompleted'
  | 'RunTime'
  | 'EventsLost'
  | 'EventsPutOff'
  | 'CountsDrift'
  | 'Ticks'
  | 'TicksCutShort'
  | 'JobsDispatched'
  | 'JobsLeftOver'
  | 'OldestDueAge'
  | 'SchedulesFired'
  | 'ScheduleLateMs'
  | 'SchedulesMissed'
  | 'ItemsScanned'
  | 'ScansCutShort'

/** Events that count one each. */
const counters = {
  job_retry: 'JobsRetried',
  job_failed: 'JobsFailed',
  job_snoozed: 'JobsSnoozed',
  job_suspended: 'JobsSuspended',
  job_cancelled: 'JobsCancelled',
  job_crashed: 'JobsCrashed',
  job_parked: 'JobsParked',
  job_booked: 'JobsBooked',
  job_adopted: 'JobsAdopted',
  job_moved: 'JobsMoved',
  job_tidied: 'JobsTidied',
  job_forgotten: 'JobsForgotten',
  late_write: 'LateWrites',
  unknown_type: 'UnknownTypes',
  job_set_aside: 'JobsSetAside',
  schedule_failed: 'SchedulesFailed',
  record_set_aside: 'RecordsSetAside',
  recorder_gap: 'RecorderGaps',
  message_dropped: 'MessagesDropped',
  send_failed: 'SendFailures',
  store_failed: 'StoreFailures',
  visibility_failed: 'VisibilityFailures',
  unhandled_rejection: 'UnhandledRejections',
} as const satisfies { readonly [Name in TelemetryEvent['name']]?: string }

/** Rare, or counted by what follows from them; the log has them. */
const uncounted = [
  'schedule_added',
  'schedule_changed',
  'schedule_removed',
  'schedule_taken_over',
  'schedule_paused',
  'schedule_resumed',
  'schedule_ended',
  'schedules_rederived',
  'queue_paused',
  'queue_resumed',
  'queue_scaled',
  'queue_limited',
  'mapping_failed',
  'audit_failed',
  'job_dispatched',
  'gate_failed',
  'gate_repaired',
  'message_waits',
  'job_woken',
  'job_requeued',
  'job_rescheduled',
  'job_deleted',
  'job_cancel_requested',
] as const satisfies readonly TelemetryEvent['name'][]

const isUncounted = (
  event: TelemetryEvent,
): event is Extract<TelemetryEvent, { readonly name: (typeof uncounted)[number] }> =>
  (uncounted as readonly string[]).includes(event.name)

/** What each event counts in CloudWatch. */
export function metricsOf(event: TelemetryEvent): readonly Metric[] {
  if (isUncounted(event)) return []
  switch (event.name) {
    case 'job_enqueued':
      return event.isNew ? [count('JobsEnqueued')] : [count('JobsRepeated')]
    case 'job_started':
      return [count('JobsStarted'), milliseconds('StartLatency', event.lateMs)]
    case 'job_completed':
      return [count('JobsCompleted'), milliseconds('RunTime', event.runMs)]
    case 'events_lost':
      return [count('EventsLost', event.count)]
    case 'events_put_off':
      return [count('EventsPutOff', event.count)]
    case 'counts_drift':
      return event.isRepeated ? [count('CountsDrift', event.jobs)] : []
    case 'tick':
      return [
        count('Ticks'),
        count('JobsDispatched', event.dispatched),
        milliseconds('OldestDueAge', event.oldestDueMs),
        ...(event.leftOver === 0 ? [] : [count('JobsLeftOver', event.leftOver)]),
        ...(event.isComplete ? [] : [count('TicksCutShort')]),
      ]
    case 'reconciled':
      return [count('ItemsScanned', event.looked), ...(event.isComplete ? [] : [count('ScansCutShort')])]
    case 'schedule_fired':
      return [count('SchedulesFired'), milliseconds('ScheduleLateMs', event.lateMs)]
    case 'schedule_missed':
      return [count('SchedulesMissed', event.dropped)]
    default:
      return [count(counters[event.name])]
  }
}

/**
 * Events that an operator should see among the others. A run writes one line, at its end: CloudWatch takes more for two
 * lines of a job than SQS and Lambda take for the job, and the end repeats what the start knew.
 */
export function levelOf(event: TelemetryEvent): 'debug' | 'info' | 'warn' | 'error' {
  switch (event.name) {
    case 'job_started':
    case 'job_parked':
    case 'job_booked':
    case 'schedule_fired':
    // The tick's own line says how many.
    case 'job_dispatched':
      return 'debug'
    case 'job_set_aside':
    case 'store_failed':
    case 'schedule_failed':
    case 'record_set_aside':
    case 'recorder_gap':
    case 'audit_failed':
    case 'unhandled_rejection':
      return 'error'
    case 'job_failed':
    case 'job_crashed':
    case 'schedule_missed':
    case 'schedule_taken_over':
    case 'late_write':
    case 'unknown_type':
    case 'send_failed':
    case 'visibility_failed':
    case 'events_put_off':
    case 'counts_drift':
    case 'events_lost':
    case 'mapping_failed':
    case 'gate_failed':
      return 'warn'
    default:
      return 'info'
  }
}

/**
 * Whose metrics an event counts in.
 * - `queue`: those of the queue's worker, whichever function found out. One metric says how a queue's jobs end.
 * - `service`: those of the function, without a queue. Such events are rare, and the log names the queue: one alarm
 *   covers all queues.
 * - `function`: those of the function; a worker's carry its queue.
 */
export function metricsOwner(event: TelemetryEvent): 'queue' | 'service' | 'function' {
  switch (event.name) {
    case 'job_failed':
    case 'job_crashed':
      return 'queue'
    case 'unknown_type':
    case 'late_write':
      return 'service'
    default:
      return 'function'
  }
}

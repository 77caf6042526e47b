import type { TelemetryEvent } from '../../ports/telemetry.ts'
import { clipped, clockTime, plain, type Tone, toned } from './text.ts'

/** Events that the lines about changes of state do not show already. */
const isShown: { readonly [Name in TelemetryEvent['name']]: boolean } = {
  job_enqueued: false,
  job_started: false,
  job_completed: false,
  job_retry: false,
  job_failed: false,
  job_snoozed: false,
  job_suspended: false,
  job_woken: false,
  job_cancelled: false,
  job_crashed: false,
  job_dispatched: false,
  job_parked: false,
  job_booked: false,
  job_adopted: false,
  job_moved: true,
  job_tidied: false,
  job_forgotten: true,
  job_requeued: false,
  job_rescheduled: false,
  job_deleted: false,
  job_cancel_requested: false,
  late_write: true,
  unknown_type: true,
  job_set_aside: true,
  message_dropped: true,
  message_waits: false,
  send_failed: true,
  store_failed: true,
  visibility_failed: true,
  unhandled_rejection: true,
  events_lost: true,
  events_put_off: true,
  record_set_aside: true,
  recorder_gap: true,
  counts_drift: true,
  schedule_fired: false,
  schedule_missed: true,
  schedule_failed: true,
  schedule_added: true,
  schedule_changed: true,
  schedule_removed: true,
  schedule_taken_over: true,
  schedule_paused: true,
  schedule_resumed: true,
  schedule_ended: true,
  schedules_rederived: true,
  queue_paused: true,
  queue_resumed: true,
  queue_scaled: true,
  queue_limited: true,
  mapping_failed: true,
  gate_failed: true,
  gate_repaired: true,
  audit_failed: true,
  tick: false,
  reconciled: false,
}

/** What Powertools puts into every line. */
const usual = new Set([
  'level',
  'message',
  'timestamp',
  'service',
  'cold_start',
  'function_arn',
  'function_memory_size',
  'function_name',
  'function_request_id',
  'sampling_rate',
  'xray_trace_id',
])

const tones: Readonly<Record<string, Tone>> = { WARN: 'yellow', ERROR: 'red', CRITICAL: 'red' }
const maxFieldLength = 200
const maxTextLength = 1_000

/** A line that a function wrote, for people; undefined for one that says nothing new. */
export function logLine(source: string, line: string, now: number): string | undefined {
  const entry = entryOf(line)
  if (entry === undefined) return line.trim() === '' ? undefined : lineOf(now, source, clipped(line, maxTextLength))
  // Metrics in CloudWatch's embedded format.
  if ('_aws' in entry) return undefined
  const { message, level } = entry
  if (typeof message !== 'string') return lineOf(now, source, clipped(line, maxTextLength))
  if (Object.hasOwn(isShown, message) && !isShown[message as TelemetryEvent['name']]) return undefined
  const word = typeof level === 'string' ? level : 'INFO'
  const fields = Object.entries(entry).flatMap(([name, value]) => (usual.has(name) ? [] : fieldText(name, value)))
  return lineOf(
    now,
    source,
    [toned(tones[word] ?? 'dim', plain(word)), clipped(message, maxTextLength), ...fields].join(' '),
  )
}

const lineOf = (now: number, source: string, text: string): string =>
  `${clockTime(now)}  ${plain(source).padEnd(16)}  ${text}`

function entryOf(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

/** An error as Powertools writes it has name, message and location; the stack stays in the raw line. */
function fieldText(name: string, value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value && 'name' in value) {
    const location = 'location' in value && typeof value.location === 'string' ? ` (${value.location})` : ''
    return clipped(`${name}=${String(value.name)}: ${String(value.message)}${location}`, maxFieldLength)
  }
  return clipped(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`, maxFieldLength)
}

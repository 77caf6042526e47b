import type { JobRate } from '../core/definition/contract.ts'
import type { JobState } from '../core/job/job.ts'

/**
 * Everything that Lamplighter reports. One event is one line of JSON and, where it counts something, a metric.
 * Never the input or the result of a job.
 */
export type TelemetryEvent =
  | (JobFields & { readonly name: 'job_enqueued'; readonly state: JobState; readonly isNew: boolean })
  | (JobFields & { readonly name: 'job_started'; readonly attempt: number; readonly lateMs: number })
  | (JobFields & Notify & { readonly name: 'job_completed'; readonly attempt: number; readonly runMs: number })
  | (JobFields &
      Notify & {
        readonly name: 'job_retry'
        readonly attempt: number
        readonly retryInMs: number
        readonly error: string
        readonly stack?: string
      })
  | (JobFields &
      Notify & {
        readonly name: 'job_failed'
        readonly attempt: number
        readonly error: string
        readonly stack?: string
      })
  | (JobFields & { readonly name: 'job_snoozed'; readonly attempt: number; readonly retryInMs: number })
  /** Its handler sleeps, or waits for a signal, at most until then. */
  | (JobFields & {
      readonly name: 'job_suspended'
      readonly attempt: number
      readonly isWaiting: boolean
      readonly until: string
    })
  | (JobFields & Notify & { readonly name: 'job_cancelled'; readonly attempt: number })
  /** A lease ended without an outcome. */
  | (JobFields & { readonly name: 'job_crashed'; readonly attempt: number; readonly crashes: number })
  | (JobFields & { readonly name: 'job_dispatched'; readonly delayMs: number; readonly dispatches: number })
  /** Its gate is full: it waits in line there. */
  | (JobFields & { readonly name: 'job_parked'; readonly gate: string })
  /** Its gate has a rate: it starts in a slot of its own, after so long. */
  | (JobFields & { readonly name: 'job_booked'; readonly gate: string; readonly waitMs: number })
  | (JobFields & { readonly name: 'job_adopted' })
  /** The job follows its contract into another queue; the queue named is the new one. */
  | (JobFields & { readonly name: 'job_moved' })
  /** A console edit ended the job; its row left the sweeper's lane. */
  | (JobFields & { readonly name: 'job_tidied' })
  /** A job whose look is long past: no worker and no tick saw it. */
  | (JobFields & { readonly name: 'job_forgotten'; readonly lateMs: number })
  | (JobFields & {
      readonly name: 'job_requeued' | 'job_rescheduled' | 'job_deleted' | 'job_woken' | 'job_cancel_requested'
    })
  /** A run tried to write after it had lost its lease, and was refused. */
  | (JobFields & { readonly name: 'late_write'; readonly transition: string })
  | (JobFields & { readonly name: 'unknown_type'; readonly isKept: boolean })
  /** An item that could not be handled; it blocks nothing behind it. */
  | { readonly name: 'job_set_aside'; readonly id: string; readonly error: string }
  | { readonly name: 'message_dropped'; readonly id?: string; readonly why: string }
  | { readonly name: 'message_waits'; readonly id: string; readonly waitMs: number; readonly why: string }
  | { readonly name: 'send_failed'; readonly queue: string; readonly id: string; readonly error: string }
  | { readonly name: 'store_failed'; readonly id?: string; readonly transition: string; readonly error: string }
  | { readonly name: 'visibility_failed'; readonly queue: string; readonly error: string }
  /** A promise rejected that no handler awaits. The process goes on; the jobs are those that are at work. */
  | {
      readonly name: 'unhandled_rejection'
      readonly error: string
      readonly stack?: string
      readonly jobIds: readonly string[]
    }
  /** A place could not be handed on, or a gate not be looked through; the next tick tries again. */
  | { readonly name: 'gate_failed'; readonly gate: string; readonly error: string }
  /** A tick freed places that runs had left behind, and handed out jobs that waited for them. */
  | { readonly name: 'gate_repaired'; readonly gate: string; readonly freed: number; readonly handedOut: number }
  /** Events that the bus did not take; they wait in the outbox, and are tried again. */
  | { readonly name: 'events_put_off'; readonly count: number }
  /** A derived record that no table takes; the recorder goes on without it. */
  | { readonly name: 'record_set_aside'; readonly id: string; readonly error: string }
  /** The recorder was away for longer than the stream remembers: what happened in between is in no history. */
  | { readonly name: 'recorder_gap'; readonly fromAt: number; readonly untilAt: number }
  /** The recount found other numbers than were counted, for more jobs than moved meanwhile. */
  | {
      readonly name: 'counts_drift'
      readonly queue: string
      readonly jobs: number
      /** Found by the recount before as well: the counts were corrected by now. */
      readonly isRepeated: boolean
    }
  /** Events that were given up: the bus refused them for two weeks. */
  | { readonly name: 'events_lost'; readonly count: number }
  /** A tick enqueued occurrences of a schedule. `lateMs`: how long the first of them had been due. */
  | { readonly name: 'schedule_fired'; readonly schedule: string; readonly jobs: number; readonly lateMs: number }
  /** Occurrences that were missed by more than a minute and do not run. */
  | {
      readonly name: 'schedule_missed'
      readonly schedule: string
      readonly dropped: number
      /** False: more were dropped than were counted. */
      readonly isExact: boolean
    }
  /** Its input could not be made, or its job type refuses it or is gone. It stays due. */
  | { readonly name: 'schedule_failed'; readonly schedule: string; readonly error: string }
  | {
      readonly name:
        | 'schedule_added'
        | 'schedule_changed'
        | 'schedule_removed'
        | 'schedule_taken_over'
        | 'schedule_paused'
        | 'schedule_resumed'
        | 'schedule_ended'
      readonly schedule: string
    }
  /** The rules of time zones changed: so many schedules have another next time. */
  | { readonly name: 'schedules_rederived'; readonly count: number; readonly timeZones: string }
  /** An act was done, and its audit record could not be written: this line stands for it. */
  | {
      readonly name: 'audit_failed'
      readonly actor: string
      readonly act: string
      readonly on: string
      readonly error: string
    }
  /** The queue runs so many batches at the same time now, where its code says `code`; after a deploy, what the code says. */
  | {
      readonly name: 'queue_scaled'
      readonly queue: string
      readonly concurrency: number
      readonly code: number
      readonly wasDeployed?: true
    }
  /** Jobs of the whole queue that run at once, and start in a time, from now on; neither: nothing limits the queue. */
  | {
      readonly name: 'queue_limited'
      readonly queue: string
      readonly concurrency?: number
      readonly rate?: JobRate
    }
  /** A mapping that could not be read or changed; the next tick tries again. */
  | { readonly name: 'mapping_failed'; readonly queue: string; readonly error: string }
  /** An operator did it, or the pause's own time was over. */
  | { readonly name: 'queue_paused' | 'queue_resumed'; readonly queue: string }
  | {
      readonly name: 'tick'
      readonly looked: number
      /** Messages sent. */
      readonly dispatched: number
      readonly recovered: number
      /** Items that nobody can handle. */
      readonly setAside: number
      /** Due jobs whose write did not succeed; the next tick tries again. */
      readonly leftOver: number
      /** Age of the oldest row that was due: the health of the whole. */
      readonly oldestDueMs: number
      readonly isComplete: boolean
    }
  /** A scan of the whole table, or of as much of it as there was time for. */
  | {
      readonly name: 'reconciled'
      readonly looked: number
      readonly adopted: number
      /** Jobs whose look was more than an hour past. */
      readonly forgotten: number
      readonly setAside: number
      readonly isComplete: boolean
    }

interface Notify {
  /** Handed on with the event, and never logged. */
  readonly notify?: string
}

interface JobFields {
  readonly id: string
  readonly type: string
  readonly queue: string
}

export interface Telemetry {
  emit(event: TelemetryEvent): void
}

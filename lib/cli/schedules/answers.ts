/** Schedules as the API shows them. */
import type { PreviewRow } from '../../core/schedule/preview.ts'

/** Of `GET /v1/schedules/{name}`; without what no command prints. */
export interface ScheduleAnswer {
  readonly name: string
  readonly type: string
  readonly owner: 'code' | 'api'
  readonly status: 'ACTIVE' | 'PAUSED' | 'ENDED' | 'REMOVED'
  readonly description: string
  readonly timezone: string
  readonly gap?: string
  readonly repeat?: string
  readonly cron?: string
  readonly input?: unknown
  readonly misfire: unknown
  readonly overlap: string
  readonly jitter: string
  readonly startAt?: string
  readonly endAt?: string
  readonly times?: number
  readonly nextAt?: string
  readonly lastAt?: string
  readonly lastJob?: string
  readonly fired: number
  readonly lastError?: string
  readonly pausedBy?: string
  readonly pausedAt?: string
  readonly next: readonly PreviewRow[]
}

export interface OccurrenceAnswer {
  readonly at: string
  readonly id: string
  readonly state?: string
  readonly startedAt?: string
}

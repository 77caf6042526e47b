import type { StoredSchedule } from '../../core/records/schedule-record.ts'
import type { MisfireOption, Overlap, ScheduleEnqueueOptions } from '../../core/schedule/definition.ts'
import type { Gap, Repeat } from '../../core/schedule/next.ts'
import { describeWhen, type PreviewRow, preview } from '../../core/schedule/preview.ts'
import { formatMs } from '../../core/values/duration.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { fromJsonText } from '../../core/values/json.ts'

/** A schedule as API and client show it: the names of its options, every default written in, instants as ISO 8601 text. */
export interface ScheduleView {
  readonly name: string
  readonly type: string
  /** `code`: a deployment defines it. `api`: it was made at run time. */
  readonly owner: 'code' | 'api'
  readonly status: 'ACTIVE' | 'PAUSED' | 'ENDED' | 'REMOVED'
  /** When it is due, in words. */
  readonly description: string
  readonly cron?: string
  readonly gap?: Gap
  readonly repeat?: Repeat
  readonly every?: string
  readonly anchor?: string
  readonly at?: string
  readonly timezone: string
  /** Absent where a function in the code makes it. */
  readonly input?: unknown
  readonly misfire: MisfireOption
  readonly overlap: Overlap
  readonly jitter: string
  readonly startAt?: string
  readonly endAt?: string
  readonly times?: number
  readonly enqueue: ScheduleEnqueueOptions
  readonly nextAt?: string
  readonly lastAt?: string
  /** Id of its newest job. */
  readonly lastJob?: string
  /** Occurrences fired so far. */
  readonly fired: number
  /** Why it could not be fired at the last try. */
  readonly lastError?: string
  readonly pausedBy?: string
  readonly pausedAt?: string
  readonly madeAt: string
  /** Raised by each change of the schedule. */
  readonly version: number
  /** The next three occurrences, with what a clock change does to them. Empty unless it is ACTIVE. */
  readonly next: readonly PreviewRow[]
}

const rowsShown = 3

export function scheduleView(schedule: StoredSchedule): ScheduleView {
  const { definition, owner, status, nextAt, lastJob, lastError, pausedBy } = schedule
  const { name, type, when, timezone, overlap, input, times } = definition
  return {
    name,
    type,
    owner,
    status,
    description: describeWhen(when),
    ...whenView(schedule),
    timezone,
    ...(input.kind === 'json' ? { input: fromJsonText(input.json) } : {}),
    misfire: misfireView(schedule),
    overlap,
    jitter: formatMs(definition.jitterMs),
    ...(times === undefined ? {} : { times }),
    enqueue: enqueueView(schedule),
    ...instants({ ...schedule, startAt: definition.startAt, endAt: definition.endAt }),
    ...(lastJob === undefined ? {} : { lastJob }),
    fired: schedule.fired,
    ...(lastError === undefined ? {} : { lastError }),
    ...(pausedBy === undefined ? {} : { pausedBy }),
    madeAt: formatInstant(schedule.madeAt),
    version: schedule.version,
    next: nextAt === undefined ? [] : preview(definition, nextAt, rowsShown),
  }
}

function whenView({ definition: { when } }: StoredSchedule): Partial<ScheduleView> {
  switch (when.kind) {
    case 'cron':
      return { cron: when.cron, gap: when.gap, repeat: when.repeat }
    case 'every':
      return { every: formatMs(when.everyMs), anchor: formatInstant(when.anchorAt) }
    case 'at':
      return { at: formatInstant(when.at) }
  }
}

function misfireView({ definition: { misfire } }: StoredSchedule): MisfireOption {
  if (typeof misfire === 'string') return misfire
  return misfire.withinMs === undefined
    ? { all: misfire.all }
    : { all: misfire.all, within: formatMs(misfire.withinMs) }
}

function enqueueView({ definition: { enqueue } }: StoredSchedule): ScheduleEnqueueOptions {
  const { notify, ...rest } = enqueue
  return notify === undefined ? rest : { ...rest, notify: fromJsonText(notify) }
}

const instantNames = ['startAt', 'endAt', 'nextAt', 'lastAt', 'pausedAt'] as const

function instants(values: { readonly [K in (typeof instantNames)[number]]?: number | undefined }) {
  const shown: { -readonly [K in (typeof instantNames)[number]]?: string } = {}
  for (const name of instantNames) {
    const at = values[name]
    if (at !== undefined) shown[name] = formatInstant(at)
  }
  return shown
}

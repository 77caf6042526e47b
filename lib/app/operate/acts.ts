/**
 * Everything that people do, in one table, and the one place that notes who did it. An act that changed something reports
 * an event of its own; that event makes the record. So an act that was refused, or was done already, leaves none.
 */
import type { Limit } from '../../core/definition/contract.ts'
import { type AuditEntry, type AuditTarget, auditRecord, maxActorLength } from '../../core/records/audit.ts'
import { shortTextIn } from '../../core/values/check-options.ts'
import type { Deps } from '../../ports/deps.ts'
import type { TelemetryEvent } from '../../ports/telemetry.ts'
import { cancelBulk, startBulk } from '../bulk/bulk.ts'
import type { BulkOptions } from '../bulk/bulk-request.ts'
import type { BackfillOptions } from '../bulk/start-backfill.ts'
import type * as onSchedules from '../schedule/on-schedules.ts'
import type { ExpectedSchedule, PutCondition, ScheduleRequest } from '../schedule/operate.ts'
import { newRequestToken } from '../tokens.ts'
import type { ExpectedQueue } from './control-record.ts'
import { cancel, remove, requeue, reschedule, runNow } from './operate.ts'
import { type PauseOptions, pauseQueue, resumeQueue } from './queues.ts'
import { scaleQueue } from './scale.ts'

export interface ActDeps extends Deps {
  /** The acts on schedules. They bring cron grammar and calendar, which the API loads late. */
  readonly onSchedules: () => OnSchedules | Promise<OnSchedules>
  /** Who acts; undefined where nobody says so. */
  readonly actor?: string
}

type OnSchedules = typeof onSchedules

interface ActRow {
  /** What its first argument names. */
  readonly on: 'job' | 'queue' | 'schedule'
  /** The events that say: it was done. */
  readonly does: readonly TelemetryEvent['name'][]
  readonly run: (deps: ActDeps, target: string, ...rest: never[]) => Promise<unknown>
}

const acts = {
  cancel: { on: 'job', does: ['job_cancelled', 'job_cancel_requested'], run: cancel },
  retry: { on: 'job', does: ['job_requeued'], run: requeue },
  run: { on: 'job', does: ['job_rescheduled'], run: runNow },
  reschedule: { on: 'job', does: ['job_rescheduled'], run: reschedule },
  delete: { on: 'job', does: ['job_deleted'], run: remove },
  pause: {
    on: 'queue',
    does: ['queue_paused'],
    run: (deps: ActDeps, queue: string, options?: PauseOptions, expected?: ExpectedQueue) =>
      pauseQueue(deps, queue, { ...(deps.actor === undefined ? {} : { by: deps.actor }), ...options }, expected),
  },
  scale: {
    on: 'queue',
    does: ['queue_scaled'],
    run: (deps: ActDeps, queue: string, options: { readonly concurrency: number | null }, expected?: ExpectedQueue) =>
      scaleQueue(deps, queue, { ...options, by: deps.actor ?? 'api' }, expected),
  },
  limit: {
    on: 'queue',
    does: ['queue_limited'],
    // It brings the lines before gates, which the API loads late.
    run: async (deps: ActDeps, queue: string, options: { readonly limit: Limit | null }, expected?: ExpectedQueue) => {
      const { limitQueue } = await import('./limit-queue.ts')
      return limitQueue(deps, queue, { ...options, by: deps.actor ?? 'api' }, expected)
    },
  },
  resume: { on: 'queue', does: ['queue_resumed'], run: resumeQueue },
  putSchedule: {
    on: 'schedule',
    does: ['schedule_added', 'schedule_changed'],
    run: async (deps: ActDeps, name: string, schedule: ScheduleRequest, condition?: PutCondition) =>
      (await deps.onSchedules()).putSchedule(deps, name, schedule, condition),
  },
  pauseSchedule: {
    on: 'schedule',
    does: ['schedule_paused'],
    run: async (deps: ActDeps, name: string, by?: string, expected?: ExpectedSchedule) =>
      (await deps.onSchedules()).pauseSchedule(deps, name, by ?? deps.actor, expected),
  },
  resumeSchedule: {
    on: 'schedule',
    does: ['schedule_resumed'],
    run: async (deps: ActDeps, name: string, expected?: ExpectedSchedule) =>
      (await deps.onSchedules()).resumeSchedule(deps, name, expected),
  },
  runSchedule: {
    on: 'schedule',
    does: ['job_enqueued'],
    run: async (deps: ActDeps, name: string) => (await deps.onSchedules()).runScheduleNow(deps, name),
  },
  deleteSchedule: {
    on: 'schedule',
    does: ['schedule_removed'],
    run: async (deps: ActDeps, name: string, expected?: ExpectedSchedule) =>
      (await deps.onSchedules()).deleteSchedule(deps, name, expected),
  },
  backfill: {
    on: 'schedule',
    does: ['job_enqueued'],
    run: async (deps: ActDeps, name: string, options: BackfillOptions) =>
      (await deps.onSchedules()).startBackfill(deps, name, byActor(deps, options)),
  },
  // Its first argument is the queue that it works on, for the record; '*' for all.
  startBulk: {
    on: 'queue',
    does: ['job_enqueued'],
    run: (deps: ActDeps, _queue: string, options: BulkOptions) => startBulk(deps, byActor(deps, options)),
  },
  cancelBulk: { on: 'job', does: ['job_cancelled', 'job_cancel_requested'], run: cancelBulk },
} as const satisfies Readonly<Record<string, ActRow>>

/** Whoever is known to act is who asks. */
const byActor = <Options extends object>({ actor }: ActDeps, options: Options): Options =>
  actor === undefined || typeof options !== 'object' || options === null ? options : { by: actor, ...options }

export type ActName = keyof typeof acts
export const actNames = Object.keys(acts) as readonly ActName[]

/** Each act without what it works on, which is bound. */
export type Acts = {
  readonly [Name in ActName]: (typeof acts)[Name]['run'] extends (deps: infer _, ...args: infer Args) => infer Outcome
    ? (...args: Args) => Outcome
    : never
}

/** @param actor who acts: each act that changed something leaves a record. @default nothing is noted */
export function actsOf(deps: Omit<ActDeps, 'actor'>, actor?: string): Acts {
  const bound = actNames.map(name => {
    const row: ActRow = acts[name]
    const act = (target: string, ...rest: never[]): Promise<unknown> =>
      actor === undefined ? row.run(deps, target, ...rest) : noted({ ...deps, actor }, name, [target, ...rest])
    return [name, act] as const
  })
  return Object.fromEntries(bound) as unknown as Acts
}

/** @throws InvalidInput */
export function checkActor(actor: unknown): asserts actor is string {
  shortTextIn('actor', actor, maxActorLength)
}

type Acting = ActDeps & Required<Pick<ActDeps, 'actor'>>

/** Carries an act out, and writes down that it was done, also where it failed half way. */
async function noted(deps: Acting, name: ActName, [target, ...rest]: [string, ...never[]]): Promise<unknown> {
  const { on, does, run }: ActRow = acts[name]
  let done: TelemetryEvent | undefined
  const emit = (event: TelemetryEvent): void => {
    if (does.includes(event.name)) done ??= event
    deps.telemetry.emit(event)
  }
  try {
    return await run({ ...deps, telemetry: { emit } }, target, ...rest)
  } finally {
    if (done !== undefined) {
      const what = { ...targetOf(done), [on]: target }
      await writeDown(deps, { at: deps.clock.now(), actor: deps.actor, act: name, ...what, ...optionsOf(rest[0]) })
    }
  }
}

/** What the event says of the job and its queue. */
function targetOf(event: TelemetryEvent): AuditTarget {
  if ('type' in event) return { job: event.id, type: event.type, queue: event.queue }
  return 'queue' in event ? { queue: event.queue } : {}
}

/** Of what was asked for: neither inputs, which may be anybody's data, nor what is noted elsewhere. */
function optionsOf(given: unknown): Pick<AuditEntry, 'options'> {
  if (typeof given !== 'object' || given === null) return {}
  const { by: _, version: __, isNew: ___, input, ...options } = given as Readonly<Record<string, unknown>>
  const kept = { ...options, ...(input === undefined ? {} : { input: 'given' }) }
  return Object.keys(kept).length === 0 ? {} : { options: JSON.stringify(kept) }
}

/** The act is done: a record that cannot be written does not make it undone. The log has it then. */
async function writeDown({ records, random, telemetry }: Deps, entry: AuditEntry): Promise<void> {
  const [outcome] = await records.putIfAbsent([auditRecord(entry, newRequestToken(random))])
  if (outcome?.kind === 'put') return
  const { actor, act, job, queue, schedule } = entry
  const error = outcome?.kind === 'failed' ? outcome.error.message : 'its key is taken'
  telemetry.emit({ name: 'audit_failed', actor, act, on: job ?? schedule ?? queue ?? '', error })
}

/** One ended run of a job. Written once, under the job's life, its generation and its attempt. */
import type { JobPolicy } from '../definition/policy.ts'
import type { History } from '../definition/runner.ts'
import { generationOf, lifeOf } from '../job/job.ts'
import { runKey } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { type EndedRun, endedRunOf, type JobChange, type RunOutcome } from './job-change.ts'
import { storedError } from './stored-error.ts'

/** Longer than any job is kept after its end, so that a run outlives its job and not the other way. */
const dayMs = 86_400_000
const maxStackBytes = 2_048

export interface RunRecord {
  readonly generation: number
  readonly attempt: number
  readonly outcome: RunOutcome
  readonly type: string
  readonly queue: string
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  /** Undefined of a run that crashed: nobody knows when it stopped. */
  readonly runMs: number | undefined
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string } | undefined
}

/** The record of the run that ended with this change; undefined when none did, or when it is not kept. */
export function runRecordOf(change: JobChange, history: History, policy: JobPolicy): StoredRecord | undefined {
  const ended = endedRunOf(change)
  if (ended === undefined || !isKept(ended, history)) return undefined
  const { run, outcome, endedAt, runMs } = ended
  const keepMs = Math.max(policy.keepCompletedMs, policy.keepFailedMs)
  return {
    ...runKey(lifeOf(run), generationOf(run), run.attempt),
    attributes: {
      generation: generationOf(run),
      attempt: run.attempt,
      outcome,
      type: run.type,
      queue: run.queue,
      endedAt,
      ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
      ...(runMs === undefined ? {} : { runMs }),
      ...errorOf(ended),
      ttl: Math.ceil((endedAt + keepMs + dayMs) / 1_000),
    },
  }
}

function isKept({ run, outcome }: EndedRun, history: History): boolean {
  if (history !== 'failed') return history === 'all'
  if (outcome !== 'completed') return outcome !== 'snoozed' && outcome !== 'suspended'
  // Attempts that were no snoozes: more than this one, so an earlier one failed.
  return run.attempt - (run.snoozes ?? 0) > 1
}

function errorOf({ left, outcome }: EndedRun): Readonly<Record<string, string>> {
  const text = outcome === 'retried' || outcome === 'failed' || outcome === 'crashed' ? left?.error : undefined
  // A run that crashed and goes on with another one left no error of its own.
  if (text === undefined || (outcome === 'crashed' && left?.state !== 'FAILED')) return {}
  const { name, message, stack } = storedError(text)
  return { errorName: name, errorMessage: message, ...(stack === undefined ? {} : { errorStack: cutText(stack) }) }
}

const cutText = (text: string): string => text.slice(0, maxStackBytes).toWellFormed()

const outcomes: readonly string[] = [
  'completed',
  'failed',
  'retried',
  'crashed',
  'cancelled',
  'snoozed',
  'suspended',
  'edited',
] satisfies readonly RunOutcome[]

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Undefined for a record that is none of a run. */
export function runFrom({ attributes }: StoredRecord): RunRecord | undefined {
  const { generation, attempt, outcome, type, queue } = attributes
  if (typeof generation !== 'number' || typeof attempt !== 'number' || typeof outcome !== 'string') return undefined
  if (!outcomes.includes(outcome)) return undefined
  const { startedAt, endedAt, runMs, errorName, errorMessage, errorStack } = attributes
  return {
    generation,
    attempt,
    outcome: outcome as RunOutcome,
    type: textIn(type),
    queue: textIn(queue),
    startedAt: numberIn(startedAt),
    endedAt: numberIn(endedAt),
    runMs: numberIn(runMs),
    error:
      typeof errorName === 'string'
        ? {
            name: errorName,
            message: textIn(errorMessage),
            ...(typeof errorStack === 'string' ? { stack: errorStack } : {}),
          }
        : undefined,
  }
}

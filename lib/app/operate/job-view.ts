import type { JobContract } from '../../core/definition/contract.ts'
import { versionOf } from '../../core/job/acts.ts'
import { generationOf, type Job, type JobState, maxAttemptsOf } from '../../core/job/job.ts'
import { contextFrom, type JobContext } from '../../core/job/job-context.ts'
import type { JobError } from '../../core/job/job-error.ts'
import { failureOf } from '../../core/transitions/on-failed.ts'
import { nextOf } from '../../core/transitions/unique.ts'
import { describedInput, show } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { fromJsonText } from '../../core/values/json.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkResult } from '../check-input.ts'
import { loadInput } from '../payloads.ts'
import { checkId } from './operate.ts'

/** A job as the API and the client show it: the item's names, instants as ISO 8601 text, input, result and error as JSON. */
export interface JobView {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly state: JobState
  /** Null where the job has outlived an input that lies outside of its item. */
  readonly input: unknown
  readonly result?: unknown
  /**
   * The last failure: of a job that is FAILED, or waits after a failed attempt, or runs again after one. A job that is
   * COMPLETED shows none, and neither does one that was requeued.
   */
  readonly error?: JobError
  /** Id of the job that its contract's `onFailed` made when this one failed for good. */
  readonly onFailed?: string
  /** The failed job that this one follows, by `onFailed`. */
  readonly failureOf?: { readonly id: string; readonly generation: number }
  readonly notify?: unknown
  /** The trace that caused it, and the baggage that its handler sees. */
  readonly context?: JobContext
  readonly attempt: number
  readonly maxAttempts: number
  readonly crashes: number
  readonly snoozes: number
  readonly generation: number
  readonly priority: number
  readonly tags: readonly string[]
  readonly progress?: number
  /** For whom it runs, as its contract's `tenant` said. */
  readonly tenant?: string
  /** The schedule that made the job, and when its occurrence was due. */
  readonly schedule?: string
  readonly occurrence?: string
  /** Why the job is CANCELLED, where nobody cancelled it: `overlap`, `expired`, `schedule`. */
  readonly code?: string
  /** The gate that each of its starts must pass: `<type>/<key>`, or `/<queue>`. */
  readonly gate?: string
  /** Since when it waits in line at its gate. */
  readonly parked?: string
  readonly scheduledAt: string
  /** No attempt starts after this. */
  readonly startBy?: string
  readonly insertedAt: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly leaseUntil?: string
  readonly cancelRequestedAt?: string
  /** The job that begins under this id once this one has ended: its unique key was asked for again meanwhile. */
  readonly next?: NextJob
}

export interface NextJob {
  /** Absent where it lies in a record of its own. */
  readonly input?: unknown
  /** When it was asked for last. */
  readonly insertedAt: string
  /** It starts no sooner, even if the job before it ends. */
  readonly scheduledAt: string
}

export function viewOf(job: Job): JobView {
  const failed = failureOf(job)
  return {
    id: job.id,
    type: job.type,
    queue: job.queue,
    state: job.state,
    input: parsed(job.input),
    ...(job.result === undefined ? {} : { result: parsed(job.result) }),
    // The item keeps what an earlier attempt said; whoever tests for an error must not take a success for a failure.
    ...(job.error === undefined || job.state === 'COMPLETED' ? {} : { error: errorOf(job.error) }),
    ...(job.onFailed === undefined ? {} : { onFailed: job.onFailed }),
    ...(failed === undefined ? {} : { failureOf: failed }),
    ...(job.notify === undefined ? {} : { notify: parsed(job.notify) }),
    ...contextOf(job),
    attempt: job.attempt,
    maxAttempts: maxAttemptsOf(job),
    crashes: job.crashes ?? 0,
    snoozes: job.snoozes ?? 0,
    generation: generationOf(job),
    priority: job.priority ?? 0,
    tags: job.tags ?? [],
    ...(job.progress === undefined ? {} : { progress: job.progress }),
    ...(job.tenant === undefined ? {} : { tenant: job.tenant }),
    ...(job.schedule === undefined ? {} : { schedule: job.schedule }),
    ...(job.occurrence === undefined ? {} : { occurrence: formatInstant(job.occurrence) }),
    ...(job.code === undefined ? {} : { code: job.code }),
    ...(job.gate === undefined ? {} : { gate: job.gate }),
    ...(job.parked === undefined ? {} : { parked: formatInstant(job.parked) }),
    scheduledAt: formatInstant(job.scheduledAt),
    ...(job.startBy === undefined ? {} : { startBy: formatInstant(job.startBy) }),
    insertedAt: formatInstant(job.insertedAt),
    ...instants(job),
    ...nextViewOf(job),
  }
}

/** None where somebody's edit has left what nobody can read: it is dropped at the end, too. */
function nextViewOf(job: Job): Pick<JobView, 'next'> {
  const next = nextOf(job)
  if (next === undefined) return {}
  const { input, ref, insertedAt, scheduledAt } = next
  const shown = ref === undefined ? { input: parsed(input) } : {}
  return { next: { ...shown, insertedAt: formatInstant(insertedAt), scheduledAt: formatInstant(scheduledAt) } }
}

/** None where a foreign writer has left what is no context: handlers see none, either. */
function contextOf(job: Job): Pick<JobView, 'context'> {
  const context = contextFrom(job.context)
  return Object.keys(context).length === 0 ? {} : { context }
}

function instants(job: Job) {
  const shown: { -readonly [K in 'startedAt' | 'finishedAt' | 'leaseUntil' | 'cancelRequestedAt']?: string } = {}
  for (const name of ['startedAt', 'finishedAt', 'cancelRequestedAt'] as const) {
    const at = job[name]
    if (at !== undefined) shown[name] = formatInstant(at)
  }
  // A lease of the past says nothing about the job any more.
  if (job.state === 'IN_PROGRESS' && job.leaseUntil !== undefined) shown.leaseUntil = formatInstant(job.leaseUntil)
  return shown
}

/** A foreign writer or a console edit may have left text that is no JSON; it is shown as it is. */
function parsed(text: string): unknown {
  try {
    return fromJsonText(text)
  } catch {
    return text
  }
}

/** As the runner writes it. A foreign writer may have left any text: it is shown as the message. */
function errorOf(text: string): JobError {
  const value = parsed(text)
  const { name, message, stack } = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<keyof JobError, unknown>
  >
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : text,
    ...(typeof stack === 'string' ? { stack } : {}),
  }
}

/**
 * A job by its id, read consistently; undefined when there is none.
 * @throws InvalidInput for an id that is no text; Unavailable
 */
export async function getJob(deps: Deps, id: string): Promise<JobView | undefined> {
  return (await getVersioned(deps, id))?.job
}

/**
 * As `getJob`, for a job of this contract: its result is what the contract's `output` schema makes of it.
 * @throws InvalidInput when the job is of another type; ResultRefused when what is stored does not fit
 */
export async function getTyped(deps: Deps, contract: JobContract, id: string): Promise<JobView | undefined> {
  const job = await getJob(deps, id)
  if (job === undefined) return undefined
  if (job.type !== contract.type) {
    throw describedInput('id', `a job of type ${show(job.type)}`, `a job of type ${show(contract.type)}`)
  }
  // A job that has not completed has no result yet.
  return job.state === 'COMPLETED' ? { ...job, result: await checkResult(contract, job.result) } : job
}

/** As `getJob`, with the version that an act may expect. */
export async function getVersioned(
  deps: Deps,
  id: string,
): Promise<{ readonly job: JobView; readonly version: string } | undefined> {
  checkId(id)
  const [job] = await deps.store.get([id])
  if (job === undefined) return undefined
  const loaded = await loadInput(deps, job)
  const whole = loaded.kind === 'loaded' ? { ...job, input: loaded.input } : job
  return { job: viewOf(whole), version: versionOf(job) }
}

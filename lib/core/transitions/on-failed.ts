/** T31: a job fails for good, and in the same transaction begins the job that its contract's `onFailed` names. */

import type { StoredFailure } from '../definition/failed-job.ts'
import type { Home } from '../definition/home.ts'
import type { JobPolicy } from '../definition/policy.ts'
import { failureJobId } from '../job/ids.ts'
import { generationOf, type Job } from '../job/job.ts'
import type { JobError } from '../job/job-error.ts'
import { formatInstant } from '../values/instant.ts'
import { fromJsonText } from '../values/json.ts'
import { maxChainDepth } from '../values/times.ts'
import { inTransaction, newJob } from './enqueue.ts'
import type { Transition } from './transition.ts'

/** Whether the change ends a job for good without success. */
export const isFailure = ({ set }: Transition): boolean => set.state === 'FAILED'

/** The failure itself, as the job that follows it names it. */
export const failureNameOf = (job: Job): string => `${job.life ?? ''}#${generationOf(job)}#${job.id}`

/** The failed job that a job follows; undefined where it follows none, or where somebody has edited the name. */
export function failureOf({ failureOf: name }: Pick<Job, 'failureOf'>) {
  const [, generation, id] = /^[^#]*#(\d+)#(.+)$/s.exec(name ?? '') ?? []
  return generation === undefined || id === undefined ? undefined : { id, generation: Number(generation) }
}

/**
 * The end of a job behind which `onFailed` begins: it names the job that follows. The guard of the end stays: a transaction
 * that comes late finds another owner, and must not end its job.
 */
export const thenOnFailed = (end: Transition, job: Job): Transition => ({
  ...end,
  name: end.name.replace(/(ThenNext)?$/, 'ThenOnFailed$1'),
  set: { ...end.set, onFailed: failureJobId(failureNameOf(job)) },
})

/**
 * JSON text of what the job that follows gets.
 * The stack of the error is in the failed job's own item, and not here: an API may show inputs to those who must not see it.
 * @param input JSON text; null where nobody has it any more
 */
export function failureText(job: Job, { set, add }: Transition, input: string | null): string {
  const { name, message } = JSON.parse(set.error ?? '{}') as JobError
  const failure: Omit<StoredFailure, 'input'> = {
    id: job.id,
    type: job.type,
    generation: generationOf(job),
    attempts: job.attempt + (add?.attempt ?? 0),
    error: { name, message },
    failedAt: formatInstant(set.finishedAt ?? job.scheduledAt),
  }
  // Not parsed and written again: it may take megabytes, and numbers might change.
  return `${JSON.stringify(failure).slice(0, -1)},"input":${input === null ? 'null' : embedded(input)}}`
}

/** A foreign writer may have left text that is no JSON: it is handed on as text. */
function embedded(input: string): string {
  try {
    fromJsonText(input)
    return input
  } catch {
    return JSON.stringify(input)
  }
}

/** What a job needs beside the failure that it follows. */
export interface Following {
  readonly type: string
  readonly policy: JobPolicy
  readonly home: Pick<Home, 'queue'>
  readonly shards: number
  readonly request: string
  readonly now: number
}

/**
 * The job that follows. It carries on the failed job's context. As any job that a run enqueues, it is one hop further in
 * the chain; it is made all the same where the chain has got too long.
 */
export function followerOf(failed: Job, input: string, { type, policy, home, shards, request, now }: Following): Job {
  const name = failureNameOf(failed)
  const given = {
    id: failureJobId(name),
    type,
    queue: home.queue,
    input,
    dueAt: now,
    depth: Math.min(maxChainDepth, (failed.depth ?? 0) + 1),
    maxAttempts: policy.maxAttempts,
    ...(failed.context === undefined ? {} : { context: failed.context }),
  }
  return { ...inTransaction(newJob(given, now, request, policy, shards)), failureOf: name }
}

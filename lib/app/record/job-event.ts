import { endedRunOf, enteredState, type JobChange } from '../../core/history/job-change.ts'
import { storedError } from '../../core/history/stored-error.ts'
import { generationOf, type Job, lifeOf, notifyOf } from '../../core/job/job.ts'
import type { JobEvent } from '../../ports/events.ts'

const endKinds: ReadonlyMap<string, JobEvent['kind']> = new Map([
  ['COMPLETED', 'completed'],
  ['FAILED', 'failed'],
  ['CANCELLED', 'cancelled'],
])

const maxErrorLength = 1_000

/**
 * What a change has to say to the world; undefined for most changes. Whoever made it: a run, the sweeper, an operator,
 * an edit in the console.
 */
export function jobEventOf(change: JobChange): JobEvent | undefined {
  const { after, at } = change
  if (after === undefined) return undefined
  const kind = endKinds.get(enteredState(change) ?? '') ?? retryOf(change)
  if (kind === undefined) return undefined
  const { id, type, queue, attempt, tenant, error } = after
  return {
    entity: 'job',
    eventId: eventIdOf(after, kind),
    at,
    kind,
    id,
    type,
    queue,
    generation: generationOf(after),
    attempt,
    ...(tenant === undefined ? {} : { tenant }),
    ...notifyOf(after),
    ...(error === undefined || (kind !== 'failed' && kind !== 'retry') ? {} : { error: errorText(error) }),
    ...(kind === 'retry' ? { retryInMs: Math.max(0, after.scheduledAt - endOf(change)) } : {}),
  }
}

const retryOf = (change: JobChange): JobEvent['kind'] | undefined =>
  endedRunOf(change)?.outcome === 'retried' ? 'retry' : undefined

const endOf = (change: JobChange): number => endedRunOf(change)?.endedAt ?? change.at

/** Job, life, generation, attempt and kind: two ends of one generation are two edits in the console. */
const eventIdOf = (job: Job, kind: JobEvent['kind']): string =>
  [job.id, lifeOf(job).life, generationOf(job), job.attempt, kind].join('#')

function errorText(text: string): string {
  const { name, message } = storedError(text)
  return `${name}: ${message}`.slice(0, maxErrorLength).toWellFormed()
}

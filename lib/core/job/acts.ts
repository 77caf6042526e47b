/** What an operator may do with a job, and which version of it the operator has seen. */
import { generationOf, isTerminal, type Job, type JobState, waitingStates } from './job.ts'

/** The acts by the names that HTTP and the command line give them; the client's `requeue` is retry, its `runNow` is run. */
export const jobActs = ['cancel', 'retry', 'run', 'reschedule', 'delete'] as const
export type JobAct = (typeof jobActs)[number]

const whileRunning: readonly JobAct[] = ['cancel']
const whileWaiting: readonly JobAct[] = ['cancel', 'run', 'reschedule', 'delete']
const afterwards: readonly JobAct[] = ['retry', 'delete']

/** The acts that a job in this state takes. None, where a later release wrote the state. */
export function actsPossibleIn(state: JobState): readonly JobAct[] {
  if (isTerminal(state)) return afterwards
  if (state === 'IN_PROGRESS') return whileRunning
  return (waitingStates as readonly JobState[]).includes(state) ? whileWaiting : []
}

/**
 * Changes whenever somebody starts, ends, moves or cancels the job; not with its progress, its lease, or a request to
 * cancel.
 */
export const versionOf = (job: Pick<Job, 'generation' | 'fence' | 'attempt' | 'state'>): string =>
  `${generationOf(job as Job)}.${job.fence}.${job.attempt}.${job.state}`

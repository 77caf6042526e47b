import type { Job } from '../../core/job/job.ts'
import { type JobView, viewOf } from '../operate/job-view.ts'

/** A job in a list: without input, result, `notify` and the stack of its error, each of which may be long. */
export interface JobSummary extends Omit<JobView, 'input' | 'result' | 'notify'> {
  /** Name and fingerprint of the error of a FAILED job: what `why` of a list and error groups are about. */
  readonly why?: string
}

export function summaryOf(job: Job): JobSummary {
  const { input: _, result: __, notify: ___, error, ...summary } = viewOf(job)
  return {
    ...summary,
    ...(error === undefined ? {} : { error: { name: error.name, message: error.message } }),
    ...(job.why === undefined || job.state !== 'FAILED' ? {} : { why: job.why }),
  }
}

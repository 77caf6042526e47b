/** What an application asks about jobs and queues. */
import { type JobPage, listJobs } from '../app/lookup/list-jobs.ts'
import type { ListOptions } from '../core/lookup/job-filter.ts'
import type { Deps } from '../ports/deps.ts'

export interface LookupClient {
  /**
   * Jobs that have not ended, or those that failed, completed or were cancelled: by queue, state, type, tag, error and time,
   * a page of up to 100 at a time. It never scans the table.
   * @example
   * let cursor: string | undefined
   * do {
   *   const page = await client.list({ queue: 'mails', phase: 'failed', ...(cursor ? { cursor } : {}) })
   *   for (const { id, error } of page.jobs) console.log(id, error?.message)
   *   cursor = page.next
   * } while (cursor)
   * @throws InvalidInput for an option out of its range, an unknown queue or the cursor of another list; Unavailable
   */
  readonly list: (options?: ListOptions) => Promise<JobPage>
}

export const lookupOn = (deps: Deps): LookupClient => ({
  list: options => listJobs(deps, options),
})

/** What an application does with whole queues. */
import type { Acts } from '../app/operate/acts.ts'
import type { LimitOutcome } from '../app/operate/limit-queue.ts'
import type { PauseOptions, QueueOutcome } from '../app/operate/queues.ts'
import type { ScaleOutcome } from '../app/operate/scale.ts'
import type { Limit } from '../core/definition/contract.ts'

export interface QueueClient {
  /**
   * The queue takes new jobs, and starts none. Workers notice within 5 s; runs that have begun end as they would. Nothing
   * is lost, and a deploy changes nothing about it.
   * @param options `by`: who asks, 1 to 256 characters; `why`: 1 to 256 characters; `for`: '1s' to '366d', after which
   * the queue goes on by itself. @default until somebody resumes it
   * @example await client.queues.pause('mails', { by: 'alice', why: 'SMTP is down', for: '2h' })
   * @throws InvalidInput, Unavailable
   */
  readonly pause: (queue: string, options?: PauseOptions) => Promise<QueueOutcome>
  /** Messages that waited come within 5 minutes. @example await client.queues.resume('mails') @throws Unavailable */
  readonly resume: (queue: string) => Promise<QueueOutcome>
  /**
   * Batches of the queue that run at the same time, over what the code says: until it is reset, or a deploy changes the
   * code's own number. Its mapping takes it within a minute or two.
   * @param concurrency 2 to 1,000, Lambda's limits; null resets it
   * @example await client.queues.scale('mails', 40)
   * @throws InvalidInput, Unavailable
   */
  readonly scale: (queue: string, concurrency: number | null) => Promise<ScaleOutcome>
  /**
   * How many jobs of the whole queue run at the same time, 1 included, and start in a time. It is over what the code says
   * until it is taken away; a deploy changes nothing about it. Workers notice within 5 s. Jobs that wait already obey it;
   * runs at work end as they would, and those that began without a limit take no place. Jobs beyond it wait in line.
   *
   * Not for a queue with jobs that have limits of their own: `limitedByType`.
   * @param limit `concurrency`: 1 to 100; `rate`: `{ count, per, burst }` as of a job's limit; null takes it away: what the
   * code says holds again
   * @example await client.queues.limit('mails', { concurrency: 1 })
   * @throws InvalidInput, Unavailable
   */
  readonly limit: (queue: string, limit: Limit | null) => Promise<LimitOutcome>
}

export const queuesOn = (acts: Acts): QueueClient => ({
  pause: (queue, options) => acts.pause(queue, options),
  resume: queue => acts.resume(queue),
  scale: (queue, concurrency) => acts.scale(queue, { concurrency }),
  limit: (queue, limit) => acts.limit(queue, { limit }),
})

import type { Job } from '../core/job/job.ts'
import { messageOf } from '../core/job/message.ts'
import { pullIfMine } from '../core/transitions/dispatch.ts'
import { groupBy } from '../core/values/lists.ts'
import type { Deps } from '../ports/deps.ts'
import type { Outgoing } from '../ports/job-queue.ts'

/** A job that has been written, and whose message is to go out. */
export interface Sending {
  readonly job: Job
  readonly delayMs: number
  /** A place in the job's gate was promised to the message. */
  readonly isPromised?: true
}

/** Sends messages, a batch per queue; true for each that was sent. What could not be sent is reported, not thrown. */
export async function sendMessages(deps: Deps, sendings: readonly Sending[]): Promise<readonly boolean[]> {
  const sent = new Map<Sending, boolean>()
  const queues = groupBy(sendings, ({ job }) => job.queue)
  await Promise.all(
    [...queues].map(async ([queue, group]) => {
      const outgoing = group.map(({ job, delayMs, isPromised }) => {
        return { message: messageOf(job, job.lookAt ?? 0, isPromised), tenant: job.tenant, delayMs }
      })
      const outcomes = await deps.queue.send(queue, outgoing)
      for (const [index, sending] of group.entries()) {
        const outcome = outcomes[index]
        sent.set(sending, outcome?.kind === 'sent')
        if (outcome?.kind === 'failed') {
          deps.telemetry.emit({ name: 'send_failed', queue, id: sending.job.id, error: outcome.error.message })
        }
      }
    }),
  )
  return sendings.map(sending => sent.get(sending) === true)
}

/**
 * T21 for jobs whose message did not go out: the sweeper looks at the next tick, not after a whole hold.
 * Best effort, and guarded: when it fails too, the hold still covers the job.
 */
export async function pullUnsent(deps: Deps, unsent: readonly Job[]): Promise<void> {
  if (unsent.length === 0) return
  const now = deps.clock.now()
  await deps.store.apply(unsent.map(job => ({ id: job.id, transition: pullIfMine(job, now), seen: job })))
}

/**
 * Sends for jobs that are written already, and pulls back those whose send failed.
 * @returns how many messages were sent
 */
export async function sendOrPull(deps: Deps, sendings: readonly Sending[]): Promise<number> {
  if (sendings.length === 0) return 0
  const sent = await sendMessages(deps, sendings)
  const unsent = sendings.flatMap(({ job }, index) => (sent[index] === true ? [] : [job]))
  await pullUnsent(deps, unsent)
  return sendings.length - unsent.length
}

/** Sends the message of a job once more, as it is. @returns whether it was sent */
export async function sendAgain({ queue }: Pick<Deps, 'queue'>, name: string, outgoing: Outgoing): Promise<boolean> {
  const [outcome] = await queue.send(name, [outgoing])
  return outcome?.kind === 'sent'
}

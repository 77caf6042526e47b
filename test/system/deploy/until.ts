import { setTimeout as delay } from 'node:timers/promises'
import type { JobView } from '../../../lib/app/operate/job-view.ts'
import type { Client } from '../../../lib/client/client.ts'

const ended = new Set(['COMPLETED', 'FAILED', 'CANCELLED'])

/** The job once it has ended. There is nothing to wait for but the table: it is asked again and again. */
export async function untilEnded(client: Client, id: string, limitMs = 30_000): Promise<JobView> {
  return until(client, id, ({ state }) => ended.has(state), limitMs)
}

/** The job once it is as wanted. @throws Error that shows how it is after the limit */
export async function until(
  client: Client,
  id: string,
  isWanted: (job: JobView) => boolean,
  limitMs = 30_000,
): Promise<JobView> {
  const giveUpAt = Date.now() + limitMs
  for (;;) {
    const job = await client.get(id)
    if (job !== undefined && isWanted(job)) return job
    if (Date.now() > giveUpAt) throw new Error(`not so within ${limitMs} ms: ${JSON.stringify(job)}`)
    await delay(150)
  }
}

import { readFileSync } from 'node:fs'
import { localWebhookKey } from '../../lib/dev/engines/environment.ts'
import { enqueueSamples, type SampleJob, sampleJobs } from './sample-jobs.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const table = new URL('../../docs/samples/planets.csv', import.meta.url)

/** Sample jobs that were enqueued, and the receiver that their webhooks go to. */
export interface Samples {
  readonly jobs: readonly SampleJob[]
  readonly ids: readonly string[]
  close(): Promise<void>
}

/** @throws Error when the API does not take one of them */
export async function startSamples(apiUrl: string): Promise<Samples> {
  const receiver = await startWebhookReceiver(process.env['LAMPLIGHTER_WEBHOOK_KEY'] ?? localWebhookKey)
  try {
    const jobs = sampleJobs(receiver.url, readFileSync(table, 'utf8'))
    return { jobs, ids: await enqueueSamples(apiUrl, jobs), close: () => receiver.close() }
  } catch (error) {
    await receiver.close()
    throw error
  }
}

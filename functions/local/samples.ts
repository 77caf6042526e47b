/** The sample jobs: what they are, how they are enqueued, and whether they ended as they should. */
import { readFileSync } from 'node:fs'
import { isTerminal, type Job, type JobState } from '../../lib/core/job/job.ts'
import { localWebhookKey } from '../../lib/dev/engines/environment.ts'
import type { StateChange } from '../../lib/dev/terminal/state-change.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

/** A job that shows something, and how it must end. */
export interface SampleJob {
  /** As for `POST /v1/jobs`. */
  readonly request: { readonly type: string; readonly input: unknown; readonly delay?: string }
  readonly endState: Extract<JobState, 'COMPLETED' | 'FAILED'>
  readonly attempts: number
}

/** What the ready line shows how to enqueue. */
export const example = { type: 'summarise-csv', input: { csv: 'city,sum\nOslo,2\nBonn,40\n' } }

const order = (number: number) => ({ event: 'order.shipped', order: number })

/** @param csv text of the table that one job summarises */
const sampleJobs = (receiverUrl: string, csv: string): readonly SampleJob[] => [
  {
    request: { type: 'deliver-webhook', input: { url: `${receiverUrl}/orders`, body: order(1) } },
    endState: 'COMPLETED',
    attempts: 1,
  },
  { request: { type: 'summarise-csv', input: { csv } }, endState: 'COMPLETED', attempts: 1 },
  {
    request: { type: 'deliver-webhook', input: { url: `${receiverUrl}/busy`, body: order(2) } },
    endState: 'COMPLETED',
    attempts: 2,
  },
  {
    request: { type: 'deliver-webhook', input: { url: `${receiverUrl}/gone`, body: order(3) } },
    endState: 'FAILED',
    attempts: 1,
  },
  {
    request: { type: 'deliver-webhook', input: { url: `${receiverUrl}/orders`, body: order(4) }, delay: '5s' },
    endState: 'COMPLETED',
    attempts: 1,
  },
]

/** @returns the id of each job, in order @throws Error when the API does not take one */
async function enqueueSamples(apiUrl: string, samples: readonly SampleJob[]): Promise<readonly string[]> {
  return Promise.all(
    samples.map(async ({ request }) => {
      const response = await fetch(`${apiUrl}/v1/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      })
      const answer = (await response.json()) as { id?: string; detail?: string }
      if (response.status !== 201 || answer.id === undefined) {
        throw new Error(`POST /v1/jobs answered ${response.status}: ${answer.detail ?? 'no reason given'}`)
      }
      return answer.id
    }),
  )
}

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

/** Follows the sample jobs to their ends. Changes may come before it is known which jobs the samples are. */
export class SampleWatch {
  readonly #ended = new Map<string, Job>()
  #wake: () => void = () => {}

  see({ after }: StateChange): void {
    if (!isTerminal(after.state)) return
    this.#ended.set(after.id, after)
    this.#wake()
  }

  /**
   * Waits until all have ended, or the time is up.
   * @returns what did not go as expected, a line each; empty when all did
   */
  async faults(samples: readonly SampleJob[], ids: readonly string[], limitMs: number): Promise<readonly string[]> {
    const late = new AbortController()
    const timer = setTimeout(() => {
      late.abort()
      this.#wake()
    }, limitMs)
    while (!late.signal.aborted && !ids.every(id => this.#ended.has(id))) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    clearTimeout(timer)
    return samples.flatMap((sample, index) =>
      faultOf(sample, ids[index] ?? '', this.#ended.get(ids[index] ?? ''), limitMs),
    )
  }
}

function faultOf(
  { request, endState, attempts }: SampleJob,
  id: string,
  job: Job | undefined,
  limitMs: number,
): string[] {
  const name = `${request.type} ${id}`
  if (job === undefined) return [`${name} did not end within ${limitMs / 1_000} s; expected ${endState}`]
  if (job.state === endState && job.attempt === attempts) return []
  return [`${name} ended ${job.state} at attempt ${job.attempt}; expected ${endState} at attempt ${attempts}`]
}

import type { JobState } from '../../lib/core/job/job.ts'

/** A job that shows something, and how it must end. */
export interface SampleJob {
  /** As for `POST /v1/jobs`. */
  readonly request: { readonly type: string; readonly input: unknown; readonly delay?: string }
  readonly endState: Extract<JobState, 'COMPLETED' | 'FAILED'>
  readonly attempts: number
}

const order = (number: number) => ({ event: 'order.shipped', order: number })

/** @param csv text of the table that one job summarises */
export const sampleJobs = (receiverUrl: string, csv: string): readonly SampleJob[] => [
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
export async function enqueueSamples(apiUrl: string, samples: readonly SampleJob[]): Promise<readonly string[]> {
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

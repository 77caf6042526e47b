/** What tests write into the corner shop: its one job, with another handler or other options; and what became of jobs. */
import { expect } from 'vitest'
import { enqueueAt } from '../../support/local-stack.ts'

export const receipt = { to: 'ada@example.org', cents: 1_250 }
export const handlersThat = (result: string, front = ''): string =>
  [
    "import { handle } from 'lamplighter'",
    "import { sendReceipt } from './jobs.ts'",
    front,
    `export const handlers = [handle(sendReceipt, async () => {\n  ${result}\n})]`,
  ].join('\n')
export const jobsWith = (options: string): string =>
  [
    "import { defineJob, defineRunner } from 'lamplighter'",
    "import { number, object, string } from 'valibot'",
    'const input = object({ to: string(), cents: number() })',
    `export const sendReceipt = defineJob({ type: 'send-receipt', input, ${options} })`,
    'export const runner = defineRunner({ jobs: [sendReceipt] })',
  ].join('\n')

const jobAt = async (url: string, id: string) =>
  (await (await fetch(`${url}/v1/jobs/${id}`)).json()) as { state: string; attempt: number; result?: unknown }
export const untilCompleted = async (url: string, id: string) => {
  await expect.poll(async () => (await jobAt(url, id)).state, { timeout: 60_000, interval: 20 }).toBe('COMPLETED')
  return jobAt(url, id)
}
export const sendAt = async (url: string): Promise<unknown> =>
  (await untilCompleted(url, await enqueueAt(url, 'send-receipt', receipt))).result

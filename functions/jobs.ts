/**
 * The jobs of this application: what producers, API, sweeper and dispatcher need to know of them. The code that does
 * the work is in `handlers.ts` and must not be imported here, or it would end up in all their bundles.
 */
import { check, isoDate, maxLength, nonEmpty, optional, pipe, strictObject, string, unknown } from 'valibot'
import { utf8Bytes } from '../lib/core/values/json.ts'
import { defineJob } from '../lib/define/define-job.ts'
import { defineRunner } from '../lib/define/define-runner.ts'
import { schedule } from '../lib/define/define-schedule.ts'

/** Longer URLs are cut or refused by many servers and proxies on the way. */
const maxUrlLength = 2_048

/** Bytes of the CSV as JSON text: together with the largest summary (32 KB) it stays within one item of 400 KB. */
const maxCsvBytes = 350 * 1024

/** Where a webhook may go, as far as the text alone tells. Which addresses are refused is the handler's matter. */
export const webhookUrl = pipe(
  string(),
  maxLength(maxUrlLength),
  check(isHttpUrl, 'must be an http or https URL without user name and password'),
)

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return url.username === '' && url.password === ''
}

/**
 * Posts `body` as JSON to `url`, signed as Standard Webhooks describes; `webhook-id` is the id of the job.
 * Ten attempts, spread over half a day on average and a day at most. A receiver can ask for more time, never for less.
 */
export const deliverWebhook = defineJob({
  type: 'deliver-webhook',
  // A queue of its own: receivers that are slow to answer hold up only each other.
  queue: 'webhooks',
  // Strict, so that a secret which somebody adds is refused instead of stored.
  input: strictObject({
    url: webhookUrl,
    body: pipe(
      unknown(),
      check(body => body !== undefined, 'must be a JSON value'),
    ),
  }),
  maxAttempts: 10,
  timeout: '30s',
  backoff: { kind: 'exponential', base: '5s', factor: 5, cap: '6h' },
})

/** Counts the rows of a comma-separated text with a header line, and summarises each of its columns. */
export const summariseCsv = defineJob({
  type: 'summarise-csv',
  input: strictObject({
    csv: pipe(
      string(),
      nonEmpty('must not be empty'),
      check(csv => utf8Bytes(JSON.stringify(csv)) <= maxCsvBytes, `must take at most ${maxCsvBytes} bytes as JSON`),
    ),
  }),
})

/** Reports memory and processor time of the worker that runs it: a leak shows as a line that rises from run to run. */
export const reportHealth = defineJob({
  type: 'report-health',
  // Late figures are no figures.
  maxAttempts: 1,
  timeout: '10s',
  /** With a day, the report is that day's, and says more. */
  input: strictObject({ day: optional(pipe(string(), isoDate())) }),
})

/** Each minute, and once a night in more detail. What a stopped sweeper missed is not made up for. */
const schedules = [
  schedule('health', reportHealth, { cron: '* * * * *', input: {}, misfire: 'skip', overlap: 'skip' }),
  schedule('nightly-health', reportHealth, {
    cron: '30 2 * * *',
    timezone: 'Europe/Berlin',
    input: at => ({ day: at.localDate }),
    misfire: 'skip',
  }),
]

export const runner = defineRunner({
  queues: { webhooks: {} },
  jobs: [deliverWebhook, summariseCsv, reportHealth],
  schedules,
})

/** The handlers of this application's jobs; bundled into workers only. */
import { handle } from '../lib/define/handle.ts'
import { deliver, deliverySettings } from './jobs/deliver-webhook.ts'
import { summarise } from './jobs/summarise-csv.ts'
import { deliverWebhook, summariseCsv } from './jobs.ts'

export const handlers = [
  handle(deliverWebhook, (input, ctx) => deliver(input, ctx, deliverySettings(process.env))),
  handle(summariseCsv, summarise),
]

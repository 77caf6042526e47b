/** The handlers of this application's jobs; bundled into workers only. */
import { handle } from '../lib/define/handle.ts'
import { deliver, deliverySettings } from './jobs/deliver-webhook.ts'
import { healthOf } from './jobs/report-health.ts'
import { deliverWebhook, reportHealth, summariseCsv } from './jobs.ts'

// Read when a worker starts, so that a wrong list of networks or two sources of keys stop the deploy, not a delivery.
const settings = deliverySettings(process.env)

export const handlers = [
  handle(deliverWebhook, (input, ctx) => deliver(input, ctx, settings)),
  // Loaded with the first job of its type: a cold start of another queue does not read the parser.
  handle(summariseCsv, async (input, ctx) => {
    const { summarise } = await import('./jobs/summarise-csv.ts')
    return summarise(input, ctx)
  }),
  handle(reportHealth, ({ day }, ctx) => healthOf(day, ctx)),
]

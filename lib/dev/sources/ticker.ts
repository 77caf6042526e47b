import { randomUUID } from 'node:crypto'
import type { ScheduledEvent } from 'aws-lambda'
import { systemClock } from '../../system/clock.ts'
import type { Invocation } from '../lambda/protocol.ts'
import type { Poller } from './queue-poller.ts'

export interface TickOptions {
  readonly everyMs: number
  /** @default 0, at once */
  readonly firstAfterMs?: number
  readonly region: string
  readonly invoke: (event: ScheduledEvent) => Promise<Invocation>
}

/** What EventBridge sends to the target of a scheduled rule. */
export const scheduledEvent = (now: number, region: string): ScheduledEvent => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '000000000000',
  // EventBridge gives whole seconds.
  time: `${new Date(now).toISOString().slice(0, 19)}Z`,
  region,
  resources: [`arn:aws:events:${region}:000000000000:rule/lamplighter-tick`],
  detail: {},
})

/**
 * Calls a function in a steady rhythm. A call that falls into one which still runs is left out; EventBridge would start a
 * second one, which is as harmless.
 */
export function startTicker({ everyMs, firstAfterMs = 0, region, invoke }: TickOptions): Poller {
  const stopping = new AbortController()
  const ticking = tick()
  return {
    async stop() {
      stopping.abort()
      await ticking
    },
  }

  async function tick(): Promise<void> {
    let nextAt = Date.now() + firstAfterMs
    if (firstAfterMs > 0) await systemClock.sleep(firstAfterMs, stopping.signal)
    while (!stopping.signal.aborted) {
      await invoke(scheduledEvent(Date.now(), region))
      const now = Date.now()
      nextAt += everyMs * Math.max(1, Math.ceil((now - nextAt) / everyMs))
      await systemClock.sleep(nextAt - now, stopping.signal)
    }
  }
}

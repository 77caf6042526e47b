import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { Clock } from '../../ports/clock.ts'
import type { Events } from '../../ports/events.ts'
import { clientSettings, lean } from '../connect.ts'
import { EventBridgeEvents } from './event-bus.ts'

/** One attempt more is made by hand, and what is refused then waits in the outbox. */
const eventBridgeClient = (): EventBridgeClient => lean(new EventBridgeClient({ ...clientSettings, maxAttempts: 1 }))

/**
 * The bus that the environment names.
 * @param environment `LAMPLIGHTER_EVENT_BUS`: name or ARN of an EventBridge bus
 * @returns undefined where it names none
 */
export function eventBusFrom(
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Events | undefined {
  const bus = environment['LAMPLIGHTER_EVENT_BUS'] ?? ''
  return bus === '' ? undefined : new EventBridgeEvents(eventBridgeClient(), bus, clock)
}

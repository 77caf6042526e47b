/** What every JobQueue must do, on every engine: `describeJobQueue('memory', makeHarness)` registers the cases. */
import { describe, it } from 'vitest'
import type { QueueHarness } from './harness.ts'
import { type QueueCase, queueCases } from './queue-cases.ts'

const countQueueCases = (): number => queueCases.length

async function expectCase(one: QueueCase, makeHarness: () => Promise<QueueHarness>): Promise<void> {
  const harness = await makeHarness()
  try {
    await one.run(harness, await harness.newQueue())
  } finally {
    await harness.stop()
  }
}

/** Registers the suite. Cases run at the same time, each with an engine of its own: some of them wait for seconds. */
export function describeJobQueue(name: string, makeHarness: () => Promise<QueueHarness>): void {
  describe(`JobQueue on ${name}, ${countQueueCases()} cases`, () => {
    it.concurrent.each(queueCases)('$title', one => expectCase(one, makeHarness))
  })
}

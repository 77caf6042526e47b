import { leaseMs } from '../../lib/core/definition/policy.ts'
import { policyOf } from '../../lib/core/definition/runner.ts'
import { parseMessage } from '../../lib/core/job/message.ts'
import { startIfDispatched } from '../../lib/core/transitions/start.ts'
import type { TestRunner } from '../../lib/testing.ts'

/**
 * A worker that takes the next message, starts its job, hides the message for the lease, and dies before it calls the
 * handler: what kill -9 leaves behind. With `losesMessage` the message dies with it.
 */
export async function crashAfterStart(test: TestRunner, owner = 'dead-worker', losesMessage = false): Promise<string> {
  const [received] = test.queue.receive('default', 1, 900_000)
  const message = received === undefined ? undefined : parseMessage(received.body)
  if (received === undefined || message === undefined) throw new Error('no message to take')
  const policy = policyOf(test.deps.runner, message.type)
  const start = { now: test.clock.now(), owner, policy }
  const [outcome] = await test.store.apply([
    { id: message.id, transition: startIfDispatched(message.fence, start, true) },
  ])
  if (outcome?.kind !== 'applied') throw new Error(`the start was ${outcome?.kind}`)
  if (losesMessage) test.queue.delete('default', received.receipt)
  else await test.queue.setVisibility('default', [{ receipt: received.receipt, visibleInMs: leaseMs(policy) }])
  return message.id
}

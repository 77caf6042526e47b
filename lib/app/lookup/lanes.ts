import { queuePolicyOf, type Runner } from '../../core/definition/runner.ts'
import { systemQueue } from '../../core/definition/system.ts'
import { laneOf, maxShards, type Phase } from '../../core/job/lane.ts'
import { type Control, controlFrom } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'

/** Queues of the runner, and those that it once had: jobs may still be in them. */
export function queuesKnown(runner: Runner, control: Control): readonly string[] {
  return [...new Set([...Object.keys(runner.queues), ...control.shards.keys()])].toSorted()
}

/** Without that of bulk acts, which is nobody's own: it shows where it is asked for by its name. */
export const ownQueuesKnown = (runner: Runner, control: Control): readonly string[] =>
  queuesKnown(runner, control).filter(queue => queue !== systemQueue)

/** @throws InvalidInput */
export function checkQueue(runner: Runner, control: Control, queue: string): void {
  const known = queuesKnown(runner, control)
  if (!known.includes(queue)) throw new InvalidInput('queue', queue, known.join(', ') || 'none')
}

/** @throws Unavailable */
export async function readControl({ records }: Pick<Deps, 'records'>): Promise<Control> {
  const [record] = await records.get([controlKey])
  return controlFrom(record)
}

/** The lanes of these queues, with all shards that they ever had. */
export function lanesOf(runner: Runner, control: Control, queues: readonly string[], phase: Phase): readonly string[] {
  return queues.flatMap(queue => {
    const ever = control.shards.get(queue) ?? 0
    const count = Math.min(maxShards, Math.max(1, ever, queuePolicyOf(runner, queue).shards))
    return Array.from({ length: count }, (_, shard) => laneOf(queue, phase, shard))
  })
}

/** Brings a queue's mapping to what the control record says. Best effort: each tick compares, and does it again. */
import type { Deps } from '../../ports/deps.ts'
import type { MappingChange } from '../../ports/mappings.ts'

/** Never rejects. Where nobody knows the mapping, or Lambda is busy with it, the next tick tries again. */
export async function applyMapping(
  { mappings, telemetry }: Pick<Deps, 'mappings' | 'telemetry'>,
  queue: string,
  change: MappingChange,
): Promise<void> {
  try {
    await mappings?.update(queue, change)
  } catch (error) {
    telemetry.emit({ name: 'mapping_failed', queue, error: String(error) })
  }
}

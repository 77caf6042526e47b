/** What is known of a queue's mapping, and of its concurrency. */
import { queuePolicyOf } from '../../core/definition/runner.ts'
import type { Control } from '../../core/records/control.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Mapping } from '../../ports/mappings.ts'

export interface QueueConcurrency {
  /** What holds: as it was set, or what the code says. */
  readonly value: number
  /** What the deployed code says. */
  readonly code: number
  /** As the mapping has it; absent where it is not known. A change takes it a minute or two. */
  readonly mapping?: number
  /** Who set it, and when; absent where the code's own number holds. */
  readonly by?: string
  readonly at?: string
}

/** Undefined for a queue that is not in the code: nothing takes its messages. */
export function concurrencyOf(
  { runner }: Pick<Deps, 'runner'>,
  control: Control,
  name: string,
  mapping: Mapping | undefined,
): QueueConcurrency | undefined {
  if (!Object.hasOwn(runner.queues, name)) return undefined
  const { concurrency: code } = queuePolicyOf(runner, name)
  const set = control.concurrency.get(name)
  const has = mapping?.concurrency === undefined ? {} : { mapping: mapping.concurrency }
  if (set === undefined || set.isOver) return { value: code, code, ...has }
  return { value: set.value, code, ...has, by: set.by, at: formatInstant(set.at) }
}

/** A fact that does not come spoils no answer. */
export async function mappingOf({ mappings }: Pick<Deps, 'mappings'>, name: string): Promise<Mapping | undefined> {
  try {
    return await mappings?.read(name)
  } catch {
    return undefined
  }
}

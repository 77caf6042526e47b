import { queuePolicyOf, type Runner } from '../core/definition/runner.ts'
import type { PayloadObject } from '../core/records/payload.ts'
import type { Mapping, MappingChange, Mappings } from '../ports/mappings.ts'
import type { PayloadStore } from '../ports/payload-store.ts'

/** Mappings that take each change at once. */
export class MemoryMappings implements Mappings {
  readonly #runner: Runner
  readonly #changed = new Map<string, Mapping>()

  constructor(runner: Runner) {
    this.#runner = runner
  }

  /** As it is now; of a queue that the runner has. */
  of(queue: string): Mapping {
    const { concurrency } = queuePolicyOf(this.#runner, queue)
    return this.#changed.get(queue) ?? { state: 'Enabled', concurrency }
  }

  async read(queue: string): Promise<Mapping | undefined> {
    return Object.hasOwn(this.#runner.queues, queue) ? this.of(queue) : undefined
  }

  async update(queue: string, { isEnabled, concurrency }: MappingChange): Promise<void> {
    const { state, concurrency: before } = this.of(queue)
    const next = isEnabled === undefined ? state : isEnabled ? 'Enabled' : 'Disabled'
    this.#changed.set(queue, { state: next, concurrency: concurrency ?? before })
  }
}

/** A whole PayloadStore in memory. */
export class MemoryPayloadStore implements PayloadStore {
  readonly objects = new Map<string, string>()

  async put({ key, body }: PayloadObject): Promise<undefined> {
    this.objects.set(key, body)
  }

  async get(key: string): Promise<string | undefined> {
    return this.objects.get(key)
  }
}

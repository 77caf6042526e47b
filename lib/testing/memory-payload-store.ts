import type { PayloadObject } from '../core/records/payload.ts'
import type { PayloadStore } from '../ports/payload-store.ts'

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

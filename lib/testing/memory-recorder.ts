import { recordBatch } from '../app/record/record-batch.ts'
import type { RecorderDeps } from '../app/record/recorder-deps.ts'
import { fromItem, type Item } from '../aws/dynamodb/item.ts'
import type { JobChange } from '../core/history/job-change.ts'
import { completeJob, type Job } from '../core/job/job.ts'

/** The recorder on what a store in memory reports: one shard, which keeps every run. */
export class MemoryRecorder {
  readonly #deps: RecorderDeps
  #changes: JobChange[] = []
  #sequence = 0

  constructor(deps: RecorderDeps) {
    this.#deps = { ...deps, history: 'all' }
  }

  /** Takes a change down.. */
  see(before: Item | undefined, after: Item | undefined): void {
    const at = this.#deps.clock.now()
    const read = (item: Item | undefined): Job | undefined =>
      item === undefined ? undefined : completeJob(fromItem(item), at)
    const [was, is] = [read(before), read(after)]
    this.#sequence += 1
    this.#changes.push({
      sequence: String(this.#sequence),
      at,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    })
  }

  async record(): Promise<void> {
    const changes = this.#changes
    this.#changes = []
    if (changes.length > 0) await recordBatch(this.#deps, { shard: 'memory', changes })
  }
}

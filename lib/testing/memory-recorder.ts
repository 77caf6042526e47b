import { recordBatch } from '../app/record/record-batch.ts'
import type { JoiningDeps } from '../app/record/recorder-deps.ts'
import { fromItem, type Item } from '../aws/dynamodb/item.ts'
import type { JobChange } from '../core/history/job-change.ts'
import { completeJob, isTerminal, type Job } from '../core/job/job.ts'

/** The recorder on what a store in memory reports: one shard, which keeps every run. */
export class MemoryRecorder {
  readonly #deps: JoiningDeps
  #changes: JobChange[] = []
  #sequence = 0
  #hasEnds = false

  constructor(deps: JoiningDeps) {
    this.#deps = { ...deps, history: 'all' }
  }

  /** Takes a change down. */
  see(before: Item | undefined, after: Item | undefined): void {
    const at = this.#deps.clock.now()
    const read = (item: Item | undefined): Job | undefined =>
      item === undefined ? undefined : completeJob(fromItem(item), at)
    const [was, is] = [read(before), read(after)]
    this.#hasEnds ||= (is ?? was)?.parent !== undefined && (is === undefined || isTerminal(is.state))
    this.#sequence += 1
    this.#changes.push({
      sequence: String(this.#sequence),
      at,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    })
  }

  /** Whether somebody may wait for what it has seen: then time must not go on before it is recorded. */
  get isAwaited(): boolean {
    return this.#hasEnds
  }

  async record(): Promise<void> {
    const changes = this.#changes
    this.#hasEnds = false
    this.#changes = []
    if (changes.length > 0) await recordBatch(this.#deps, { shard: 'memory', changes })
  }
}

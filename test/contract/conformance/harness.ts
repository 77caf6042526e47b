import type { Item } from '../../../lib/aws/dynamodb/item.ts'
import type { RawJob } from '../../../lib/core/job/job.ts'
import type { JobQueue } from '../../../lib/ports/job-queue.ts'
import type { JobScan } from '../../../lib/ports/job-scan.ts'
import type { JobStore } from '../../../lib/ports/job-store.ts'
import type { VirtualClock } from '../../../lib/testing/virtual-clock.ts'

/** A store under test, and a way around it. */
export interface StoreHarness {
  readonly store: JobStore & JobScan
  /** The clock that the store was given. */
  readonly clock: VirtualClock
  /** Writes an item as the console does: unconditionally, in any shape. */
  put(item: Item): Promise<void>
  /** The attributes that are stored, without defaults. */
  peek(id: string): Promise<RawJob | undefined>
  stop(): Promise<void>
}

export interface ReceivedMessage {
  readonly receipt: string
  readonly body: string
  readonly receives: number
}

/** A queue under test, and the worker's end of it. */
export interface QueueHarness {
  readonly queue: JobQueue
  /** Name of a queue that nobody has used. */
  newQueue(): Promise<string>
  /** What is visible now, up to ten; hidden from now for so long. */
  receive(queue: string, visibilityMs: number): Promise<readonly ReceivedMessage[]>
  /** Lets time pass: at once on a virtual clock. */
  pass(milliseconds: number): Promise<void>
  stop(): Promise<void>
}

import type { Derivation } from '../../lib/core/history/derivation.ts'
import { nextCount } from '../../lib/core/history/derivation.ts'
import type { JobChange } from '../../lib/core/history/job-change.ts'
import { shardHash } from '../../lib/core/history/position.ts'
import type { Job } from '../../lib/core/job/job.ts'
import type { StoredRecord } from '../../lib/core/records/record.ts'
import { MemoryJobStore } from '../../lib/testing/memory-job-store.ts'
import { MemoryRecordStore } from '../../lib/testing/memory-record-store.ts'

/** Sunday 2026-11-22, 10:00 UTC. */
export const sunday = Date.UTC(2026, 10, 22, 10)
export const shard = shardHash('shardId-0001')

export function jobWith(changes: Partial<Job> = {}): Job {
  return {
    id: 'job-1',
    type: 'send-mail',
    queue: 'mails',
    state: 'RESERVED',
    input: '{}',
    attempt: 0,
    attemptsLeft: 5,
    scheduledAt: sunday,
    insertedAt: sunday,
    fence: 1,
    shard: 0,
    life: 'k3J9aQ',
    ...changes,
  }
}

/** The versions of a job one after the other, as the stream reports them: a record a second. */
export function changesOf(...versions: readonly (Job | undefined)[]): readonly JobChange[] {
  return versions.slice(1).map((after, index) => {
    const before = versions[index]
    return {
      sequence: String(100 + index),
      at: sunday + index * 1_000,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
  })
}

/** Records in memory, and one way to count into them. */
export function countingRecords() {
  const clock = { now: () => sunday }
  const records = new MemoryRecordStore(clock, new MemoryJobStore(clock))
  async function count(derivation: Derivation | undefined): Promise<StoredRecord | undefined> {
    if (derivation === undefined) throw new Error('nothing is derived')
    for (;;) {
      const stored = records.read(derivation.key)
      const change = nextCount(derivation, stored, { shard, now: sunday })
      if (change === undefined) return stored
      const [outcome] = await records.update([{ key: derivation.key, change }])
      if (outcome?.kind !== 'applied') throw new Error(JSON.stringify(outcome))
    }
  }
  return { records, count }
}

import type { JoiningDeps } from '../../lib/app/record/recorder-deps.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import type { PublishedEvent } from '../../lib/ports/events.ts'
import type { RecordStore } from '../../lib/ports/record-store.ts'
import type { TelemetryEvent } from '../../lib/ports/telemetry.ts'
import { MemoryJobQueue } from '../../lib/testing/memory-job-queue.ts'
import { MemoryJobStore } from '../../lib/testing/memory-job-store.ts'
import { MemoryRecordStore } from '../../lib/testing/memory-record-store.ts'
import { SeededRandom } from '../../lib/testing/seeded-random.ts'
import { sunday } from './job-changes.ts'

export interface Recording {
  readonly deps: JoiningDeps
  readonly records: MemoryRecordStore
  readonly reports: TelemetryEvent[]
  /** What the bus took, repetitions included. */
  readonly published: PublishedEvent[]
  readonly clock: { at: number }
  readonly bus: { isDown: boolean }
}

/** A recorder on records in memory, with a bus that can be down. */
export function recording(wrap: (records: RecordStore) => RecordStore = records => records): Recording {
  const clock = { at: sunday + 60_000 }
  const time = { now: () => clock.at, sleep: () => Promise.resolve(), turn: () => Promise.resolve() }
  const jobs = new MemoryJobStore(time)
  const records = new MemoryRecordStore(time, jobs)
  const reports: TelemetryEvent[] = []
  const published: PublishedEvent[] = []
  const bus = { isDown: false }
  const deps: JoiningDeps = {
    runner: defineRunner({ jobs: [] }),
    records: wrap(records),
    store: jobs,
    queue: new MemoryJobQueue(time),
    random: new SeededRandom(1),
    clock: time,
    telemetry: { emit: event => reports.push(event) },
    events: {
      async publish(events) {
        if (bus.isDown) return events
        published.push(...events)
        return []
      },
    },
  }
  return { deps, records, reports, published, clock, bus }
}

/** A store some of whose updates fail: as many as there are errors. */
export const failing =
  (errors: Error[]) =>
  (records: RecordStore): RecordStore => ({
    putIfAbsent: entries => records.putIfAbsent(entries),
    get: keys => records.get(keys),
    query: query => records.query(query),
    due: (...page) => records.due(...page),
    transact: (...given) => records.transact(...given),
    async update(updates) {
      const [first] = updates
      const error = errors.shift()
      if (error === undefined || first === undefined) return records.update(updates)
      return [{ kind: 'failed', error }, ...(await records.update(updates.slice(1)))]
    },
  })

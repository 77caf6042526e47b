/** What the recorder has derived, once it has seen everything: against the table, and against each change there was. */
import { jobEventOf, scheduleEventOf } from '../../../lib/app/record/publish-events.ts'
import { flowCounts, flowFrom, flowOf, queueOf, subjectOf } from '../../../lib/core/history/flow.ts'
import { countedName, endedRunOf, type JobChange } from '../../../lib/core/history/job-change.ts'
import { differencesOf, Recount } from '../../../lib/core/history/recount.ts'
import { runFrom } from '../../../lib/core/history/run-record.ts'
import { stockFrom } from '../../../lib/core/history/stock.ts'
import { completeJob, generationOf, type Job, lifeOf } from '../../../lib/core/job/job.ts'
import { hourKey, minuteKey, outboxLane, runKey, stockKey } from '../../../lib/core/records/keys.ts'
import type { Recording } from '../recording.ts'
import type { Sim } from '../sim.ts'

export function checkRecords(sim: Sim, recording: Recording): void {
  const findings = [
    ['I18', wrongStock(sim, recording)],
    ['I18', wrongFlow(sim, recording)],
    ['I17', wrongRun(sim, recording)],
    ['I29', missingEvent(sim, recording)],
  ] as const
  for (const [invariant, finding] of findings) if (finding !== undefined) sim.violate(invariant, finding)
}

function wrongStock({ table, loop, records }: Sim, { changes }: Recording): string | undefined {
  const recount = new Recount()
  for (const raw of table.items()) {
    const job = completeJob(raw, loop.now)
    if (job !== undefined) recount.see(job)
  }
  const queues = new Set(changes.flatMap(({ before, after }) => [before, after].flatMap(job => job?.queue ?? [])))
  for (const queue of [...queues].map(countedName)) {
    const wrong = differencesOf(recount.of(queue), stockFrom(records.read(stockKey(queue))), 0)
    if (wrong.size > 0) return `queue ${queue} has more jobs than were counted: ${JSON.stringify([...wrong])}`
  }
  return undefined
}

const minuteMs = 60_000
const hourMs = 3_600_000

function wrongFlow({ records }: Sim, { changes }: Recording): string | undefined {
  for (const [length, keyOf] of [
    [minuteMs, minuteKey],
    [hourMs, hourKey],
  ] as const) {
    const spans = Map.groupBy(changes, change => JSON.stringify([queueOf(change), Math.floor(change.at / length)]))
    for (const some of spans.values()) {
      const [first] = some
      if (first === undefined) continue
      const found = flowFrom(records.read(keyOf(queueOf(first), first.at)))
      const wrong = wrongCount(some, (type, name) => found.types.get(type)?.[name] ?? 0)
      if (wrong !== undefined) return `${keyOf(queueOf(first), first.at).part} of ${queueOf(first)}: ${wrong}`
    }
  }
  return undefined
}

function wrongCount(
  changes: readonly JobChange[],
  countedOf: (type: string, name: (typeof flowCounts)[number]) => number,
): string | undefined {
  const types = new Set(changes.map(change => countedName(subjectOf(change)?.type ?? '')))
  for (const type of types) {
    const own = changes.filter(change => countedName(subjectOf(change)?.type ?? '') === type)
    for (const name of flowCounts) {
      const happened = own.filter(change => flowOf(change).includes(name)).length
      const counted = countedOf(type, name)
      if (happened !== counted) return `${type} ${name} ${happened} times, counted ${counted}`
    }
  }
  return undefined
}

/** Each run that ended has its record, but where an edit gave two runs one attempt: then one of the two. */
function wrongRun({ records }: Sim, { changes }: Recording): string | undefined {
  const runs = changes.flatMap(change => {
    const ended = endedRunOf(change)
    return ended === undefined ? [] : [{ ...ended, key: keyOfRun(ended.run) }]
  })
  for (const [text, [one, ...others]] of Map.groupBy(runs, ({ key }) => JSON.stringify(key))) {
    if (one === undefined || others.length > 0) continue
    const { run, outcome, key } = one
    const record = records.read(key)
    const stored = record === undefined ? undefined : runFrom(record)
    if (stored?.outcome !== outcome || stored.startedAt !== run.startedAt) {
      return `run ${text} ended ${outcome}, recorded ${JSON.stringify(stored)}`
    }
  }
  return undefined
}

const keyOfRun = (run: Job) => runKey(lifeOf(run), generationOf(run), run.attempt)

function missingEvent({ records }: Sim, { changes, published }: Recording): string | undefined {
  const waiting = records.all().filter(({ attributes }) => attributes['lane'] === outboxLane)
  const outbox = waiting.map(({ attributes }) => JSON.stringify(attributes['events'] ?? '')).join()
  for (const change of changes) {
    for (const event of [jobEventOf(change), scheduleEventOf(change)]) {
      if (event === undefined || published.has(event.eventId)) continue
      if (!outbox.includes(event.eventId)) return `${event.eventId} was never published`
    }
  }
  return undefined
}

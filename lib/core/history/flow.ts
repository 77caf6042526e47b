/** What happened in a queue in a minute, or in an hour: counts, and how long waits and runs took. */
import { type Job, waitingStates } from '../job/job.ts'
import type { RecordAction } from '../records/change.ts'
import { hourKey, minuteKey } from '../records/keys.ts'
import type { RecordKey, StoredRecord } from '../records/record.ts'
import { parseInstant } from '../values/instant.ts'
import { groupBy } from '../values/lists.ts'
import { bucketOf, countersOf, type Histogram, sumOf, Tally } from './counters.ts'
import type { Derivation } from './derivation.ts'
import { countedName, endedRunOf, enteredState, isEnqueued, isStart, type JobChange } from './job-change.ts'
import { inStates, type Stock } from './stock.ts'

/**
 * - `enqueued`: a job is new, also as the next generation of a unique one
 * - `started`: a run began
 * - `completed`, `failed`, `cancelled`: a job came into that state
 * - `retried`, `snoozed`, `crashed`: a run ended so
 */
export const flowCounts = [
  'enqueued',
  'started',
  'completed',
  'failed',
  'retried',
  'crashed',
  'cancelled',
  'snoozed',
] as const
export type FlowCount = (typeof flowCounts)[number]

/** What a change counts as, in the order of `flowCounts`. */
export function flowOf(change: JobChange): readonly FlowCount[] {
  const outcome = endedRunOf(change)?.outcome
  const state = enteredState(change)
  const is: Readonly<Record<FlowCount, boolean>> = {
    enqueued: isEnqueued(change),
    started: isStart(change),
    completed: state === 'COMPLETED',
    failed: state === 'FAILED',
    cancelled: state === 'CANCELLED',
    retried: outcome === 'retried',
    crashed: outcome === 'crashed',
    snoozed: outcome === 'snoozed',
  }
  return flowCounts.filter(name => is[name])
}

/** The job that a change is about. */
export const subjectOf = ({ before, after }: JobChange): Job | undefined => after ?? before
export const queueOf = (change: JobChange): string => countedName(subjectOf(change)?.queue ?? '')

const minuteMs = 60_000
const hourMs = 3_600_000
const keepMinutesMs = 48 * hourMs
const keepHoursMs = 400 * 24 * hourMs

interface Span {
  readonly length: number
  readonly keepMs: number
  readonly keyOf: (queue: string, at: number) => RecordKey
}
const spans: readonly Span[] = [
  { length: minuteMs, keepMs: keepMinutesMs, keyOf: minuteKey },
  { length: hourMs, keepMs: keepHoursMs, keyOf: hourKey },
]

/**
 * One for each queue and minute, and for each queue and hour, that the changes fall into.
 * @param stocks queue → what it held after these changes: the depth at the end of the last minute
 */
export function flowDerivations(
  changes: readonly JobChange[],
  stocks: ReadonlyMap<string, Stock>,
): readonly Derivation[] {
  const counting = changes.filter(change => flowOf(change).length > 0)
  return spans.flatMap(span => {
    const groups = groupBy(counting, change => JSON.stringify([queueOf(change), cut(change.at, span.length)]))
    return [...groups.values()].map(some => derivationOf(span, some, stocks))
  })
}

const cut = (at: number, length: number): number => Math.floor(at / length) * length

function derivationOf(span: Span, changes: readonly JobChange[], stocks: ReadonlyMap<string, Stock>): Derivation {
  const [first] = changes as readonly [JobChange]
  const queue = queueOf(first)
  const startsAt = cut(first.at, span.length)
  const ttl = Math.ceil((startsAt + span.length + span.keepMs) / 1_000)
  const stock = stocks.get(queue)
  const depth: readonly RecordAction[] =
    stock === undefined
      ? []
      : [
          { op: 'set', attribute: 'waiting', value: inStates(stock, ...waitingStates) },
          { op: 'set', attribute: 'failed', value: inStates(stock, 'FAILED') },
        ]
  return {
    key: span.keyOf(queue, startsAt),
    changes,
    actions: (_, fresh) => [...flowActions(fresh), ...depth, { op: 'set', attribute: 'ttl', value: ttl }],
  }
}

function flowActions(changes: readonly JobChange[]): readonly RecordAction[] {
  const tally = new Tally()
  for (const change of changes) {
    const type = subjectOf(change)?.type ?? ''
    for (const name of flowOf(change)) tally.count(type, name)
    const waitMs = waitOf(change)
    if (waitMs !== undefined) tally.count(type, `w${bucketOf(waitMs)}`)
    const runMs = endedRunOf(change)?.runMs
    if (runMs === undefined) continue
    tally.count(type, `r${bucketOf(runMs)}`)
    tally.count(type, 'runMs', runMs)
  }
  return tally.actions()
}

/** From the time that a job was due to its start. Of a takeover nobody knows. */
function waitOf(change: JobChange): number | undefined {
  const { before, after } = change
  if (!isStart(change) || before?.state === 'IN_PROGRESS' || after?.startedAt === undefined) return undefined
  return Math.max(0, after.startedAt - (before ?? after).scheduledAt)
}

export interface Flow extends Readonly<Record<FlowCount, number>> {
  /** From the time that a job was due to the start of its run. */
  readonly wait: Histogram
  /** Of runs that did not crash. */
  readonly run: Histogram
  /** All of them together, in milliseconds. */
  readonly runMs: number
}

/** A minute or an hour of a queue. */
export interface FlowSpan {
  /** Of the minute or hour; undefined without a record. */
  readonly startsAt: number | undefined
  readonly types: ReadonlyMap<string, Flow>
  /** Jobs that waited, and jobs that were FAILED, at its end, or when it was last counted. */
  readonly waiting: number | undefined
  readonly failed: number | undefined
}

const isFlowName = (name: string): boolean =>
  (flowCounts as readonly string[]).includes(name) || name === 'runMs' || /^[wr]\d+$/.test(name)

/** Reads the record of a minute or of an hour: both have the same form. */
export function flowFrom(record: StoredRecord | undefined): FlowSpan {
  const { waiting, failed, ...rest } = record?.attributes ?? {}
  const types = [...countersOf(rest, isFlowName)].map(([type, counters]) => [type, typedFlow(counters)] as const)
  return {
    startsAt: record === undefined ? undefined : startOf(record.part),
    types: new Map(types),
    waiting: typeof waiting === 'number' ? waiting : undefined,
    failed: typeof failed === 'number' ? failed : undefined,
  }
}

/** `m#2026-11-22T10:00` or `h#2026-11-22T10`. */
function startOf(part: string): number | undefined {
  const [, kind, instant] = /^([mh])#(.+)$/.exec(part) ?? []
  return parseInstant(`${instant}${kind === 'h' ? ':00' : ''}:00.000Z`)
}

function typedFlow(counters: ReadonlyMap<string, number>): Flow {
  const bucketsOf = (letter: string): Histogram =>
    new Map(
      [...counters].flatMap(([name, count]) =>
        /^[wr]\d+$/.test(name) && name.startsWith(letter) ? [[Number(name.slice(1)), count] as const] : [],
      ),
    )
  const counts = Object.fromEntries(flowCounts.map(name => [name, counters.get(name) ?? 0])) as Record<
    FlowCount,
    number
  >
  return { ...counts, wait: bucketsOf('w'), run: bucketsOf('r'), runMs: counters.get('runMs') ?? 0 }
}

/** Flows of several types or spans as one. */
export function flowSum(flows: readonly Flow[]): Flow {
  const sum = (pick: (flow: Flow) => number): number => flows.reduce((total, flow) => total + pick(flow), 0)
  const counts = Object.fromEntries(flowCounts.map(name => [name, sum(flow => flow[name])])) as Record<
    FlowCount,
    number
  >
  return {
    ...counts,
    wait: sumOf(flows.map(({ wait }) => wait)),
    run: sumOf(flows.map(({ run }) => run)),
    runMs: sum(({ runMs }) => runMs),
  }
}

/** Gates of a queue: who holds their places, and who waits for one. */
import type { Limit } from '../../core/definition/contract.ts'
import { gateLimit, keyOfGate, limitDeclared, queueOfGate, typeOfGate } from '../../core/definition/limit.ts'
import type { Runner } from '../../core/definition/runner.ts'
import {
  type LanePlace,
  lanePlaceFrom,
  lanePlaceText,
  type PlacedRow,
  placeAfterPage,
} from '../../core/lookup/cursor.ts'
import type { Control } from '../../core/records/control.ts'
import { gateFrom, jobOfTicket, promisedFence } from '../../core/records/gate.ts'
import { gateKey, gateLane, gateOfId, gateShards, ticketPrefix } from '../../core/records/keys.ts'
import { freeSlot } from '../../core/records/rate.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { neverAt } from '../../core/records/schedule-record.ts'
import { integerIn, objectIn, refuseUnknownKeys } from '../../core/values/check-options.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { mapBounded } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import { isParked } from '../gates/line.ts'
import { queuesKnown, readControl } from './lanes.ts'
import { readParts } from './read-parts.ts'

/** A place in a gate that a job has. */
export interface HeldPlace {
  readonly job: string
  /** End of the run's lease; of a promise, when the sweeper looks at it. */
  readonly until: string
  /** The place is the job's, and its message is under way. */
  readonly isPromised?: true
}

export interface GateView {
  /** `sync/a42`: the type, and its key; `/mails`: a whole queue. */
  readonly gate: string
  readonly type?: string
  readonly key?: string
  /** What holds now. Absent: nothing limits it any more, and whoever waits goes with the next tick. */
  readonly limit?: Limit
  /** Since when somebody has waited, without a break. Absent: nobody does. */
  readonly since?: string
  readonly held: readonly HeldPlace[]
  /** Jobs in line; counted up to 100 in a list, up to 1,000 of one gate. */
  readonly waiting: { readonly count: number; readonly isExact: boolean }
  /** Of a rate: when the next start that nobody has booked may be. */
  readonly nextSlotAt?: string
}

export interface GatePage {
  /** Gates at which jobs wait; those of one page by `since`. */
  readonly gates: readonly GateView[]
  /** For the next page; absent after the last. */
  readonly next?: string
}

export interface GatesOptions {
  /** 1 to 100. @default 50 */
  readonly limit?: number
  /** What the page before gave as `next`. */
  readonly cursor?: string
}

/** A job in line. */
export interface InLine {
  readonly id: string
  readonly type: string
  readonly priority: number
  /** When it was due. */
  readonly scheduledAt: string
  /** Since when it waits here. */
  readonly parked: string
}

export interface GateWithLine extends GateView {
  /** The first in line, in their order. A job that was cancelled or moved may be counted in `waiting`, and is not here. */
  readonly line: readonly InLine[]
}

const mostInList = 100
const mostOfOne = 1_000
const gatesAtOnce = 8

/**
 * Gates of a queue at which jobs wait, a page at a time.
 * Costs 2 read units, and for each gate half a unit, and another for each 40 jobs in its line, up to 100.
 * @returns undefined for a queue that never was
 * @throws InvalidInput for an option out of its range, or a cursor that no page gave; Unavailable
 */
export async function listGates(deps: Deps, queue: string, options: GatesOptions = {}): Promise<GatePage | undefined> {
  objectIn('gates', options)
  refuseUnknownKeys('gates', options, ['limit', 'cursor'])
  const most = integerIn('limit', options.limit ?? 50, 1, 100)
  const { cursor } = options
  let place: LanePlace | undefined = cursor === undefined ? { lane: 0 } : lanePlaceFrom(cursor, gateShards, isRow)
  const control = await readControl(deps)
  if (!queuesKnown(deps.runner, control).includes(queue)) return undefined
  const gates: GateView[] = []
  while (place !== undefined && gates.length < most) {
    const lane = gateLane(queue, place.lane)
    const page = await deps.records.due(lane, neverAt, most - gates.length, place.from)
    const names = page.rows.flatMap(({ id }) => gateOfId(id) ?? [])
    const views = await mapBounded(names, gatesAtOnce, gate => viewOf(deps, control, gate, mostInList))
    gates.push(...views.flatMap(view => view?.view ?? []))
    place = placeAfterPage(place, page.next, gateShards)
  }
  return {
    gates: gates.toSorted((a, b) => (String(a.since) < String(b.since) ? -1 : 1)),
    ...(place === undefined ? {} : { next: lanePlaceText(place) }),
  }
}

/**
 * One gate, also where nobody waits, with the first jobs in its line.
 * Costs 2 read units, another for each 40 jobs in its line, up to 1,000, and one for each job shown.
 * @param options `limit`: jobs of the line, 1 to 100. @default 20
 * @returns undefined where no job has passed the gate in the last 30 days, or where it is another queue's
 * @throws InvalidInput, Unavailable
 */
export async function getGate(
  deps: Deps,
  queue: string,
  gate: string,
  options: Pick<GatesOptions, 'limit'> = {},
): Promise<GateWithLine | undefined> {
  objectIn('gate', options)
  refuseUnknownKeys('gate', options, ['limit'])
  const most = integerIn('limit', options.limit ?? 20, 1, 100)
  const found = await viewOf(deps, await readControl(deps), gate, mostOfOne)
  if (found === undefined || !isOf(deps.runner, queue, gate, found.record)) return undefined
  const tickets = found.tickets.slice(0, most)
  const jobs = await deps.store.get(tickets.map(jobOfTicket), 'control')
  const line = tickets.flatMap(({ attributes: { parkedAt } }, index): readonly InLine[] => {
    const job = jobs[index]
    if (job === undefined || !isParked(job) || job.gate !== gate || job.parked !== parkedAt) return []
    const { id, type, priority = 0, scheduledAt, parked } = job
    return [{ id, type, priority, scheduledAt: formatInstant(scheduledAt), parked: formatInstant(parked) }]
  })
  return { ...found.view, line }
}

interface Found {
  readonly view: GateView
  readonly record: StoredRecord
  readonly tickets: readonly StoredRecord[]
}

async function viewOf(deps: Deps, control: Control, gate: string, most: number): Promise<Found | undefined> {
  const key = gateKey(gate)
  const [[record], tickets] = await Promise.all([
    deps.records.get([key]),
    readParts(deps, { id: key.id, prefix: ticketPrefix, most: most + 1 }),
  ])
  if (record === undefined) return undefined
  const { held, lookAt } = gateFrom(record)
  const limit = limitHolding(deps.runner, control, gate)
  const rate = limit === undefined ? undefined : gateLimit(limit).rate
  const type = typeOfGate(gate)
  const view: GateView = {
    gate,
    ...(type === '' ? {} : { type, key: keyOfGate(gate) }),
    ...(limit === undefined ? {} : { limit }),
    ...(lookAt === undefined ? {} : { since: formatInstant(lookAt) }),
    held: [...held].map(([job, permit]) => ({
      job,
      until: formatInstant(permit.until),
      ...(promisedFence(permit) === undefined ? {} : { isPromised: true as const }),
    })),
    waiting: { count: Math.min(most, tickets.length), isExact: tickets.length <= most },
    ...(rate === undefined ? {} : { nextSlotAt: formatInstant(freeSlot(record, rate, deps.clock.now())) }),
  }
  return { view, record, tickets }
}

/** A limit set at run time is over the code's. */
function limitHolding(runner: Runner, control: Control, gate: string): Limit | undefined {
  const queue = queueOfGate(gate)
  const { concurrency, rate } =
    (queue === undefined ? undefined : control.limits.get(queue)?.limit) ?? limitDeclared(runner, gate) ?? {}
  if (concurrency === undefined && rate === undefined) return undefined
  return { ...(concurrency === undefined ? {} : { concurrency }), ...(rate === undefined ? {} : { rate }) }
}

/** The gate of a type that has moved, or is gone, belongs to the queue in which jobs wait for it. */
function isOf({ jobs }: Runner, queue: string, gate: string, { attributes: { lane } }: StoredRecord): boolean {
  const whole = queueOfGate(gate)
  if (whole !== undefined) return whole === queue
  const type = typeOfGate(gate)
  if (Object.hasOwn(jobs, type) && jobs[type]?.queue === queue) return true
  return Array.from({ length: gateShards }, (_, shard) => gateLane(queue, shard)).some(one => one === lane)
}

const isRow = (_: number, { id, part }: PlacedRow): boolean => {
  const gate = gateOfId(id)
  return gate !== undefined && gateKey(gate).id === id && gateKey(gate).part === part
}

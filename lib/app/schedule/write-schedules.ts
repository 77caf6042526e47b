/** How schedules are written: each under the guard of what was read, and counted in the control record. */
import { countIfRegistering, countSchedules } from '../../core/records/control.ts'
import { controlKey, scheduleKey } from '../../core/records/keys.ts'
import { changeIfSeen, isCounted } from '../../core/records/schedule-changes.ts'
import { type StoredSchedule, toScheduleRecord } from '../../core/records/schedule-record.ts'
import { chunksOf } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import type { ScheduleEvent } from '../../ports/events.ts'
import type { RecordUpdate, TransactAction } from '../../ports/record-store.ts'
import { eventActions } from '../record/act-events.ts'
import { newRequestToken } from '../tokens.ts'

/** One schedule from what was read to what is to be stored. */
export interface ScheduleChange {
  /** The guard is in it: `advanceIfSeen`. */
  readonly name: string
  /** Undefined: there is none yet. */
  readonly before: StoredSchedule | undefined
  readonly after: StoredSchedule
  /** Written together with the change, to be published. */
  readonly events?: readonly ScheduleEvent[]
}

export type ScheduleWritten = 'written' | 'refused' | { readonly error: Error }

type Writing = Pick<Deps, 'records' | 'random'>

/** Schedules of one transaction, with their events: far below its 100 actions, so that a conflict repeats little. */
const countedAtOnce = 25

const countOf = (schedule: StoredSchedule | undefined): number =>
  schedule !== undefined && isCounted(schedule) ? 1 : 0

/**
 * Answers per change, in order. The count of all schedules changes in the same transaction as what it counts.
 * @param token of the registration that they belong to: all of them are refused once another one has begun
 */
export async function writeSchedules(
  deps: Writing,
  changes: readonly ScheduleChange[],
  token?: string,
): Promise<readonly ScheduleWritten[]> {
  const written = new Map<ScheduleChange, ScheduleWritten>()
  const isAlone = (change: ScheduleChange): boolean => token === undefined && isPlain(change)
  const plain = changes.flatMap(change => {
    const update = isAlone(change) ? updateOf(change) : undefined
    return update === undefined ? [] : [{ change, update }]
  })
  const counted = changes.filter(change => !isAlone(change) && !isNothing(change))
  const outcomes = await deps.records.update(plain.map(({ update }) => update))
  for (const [index, { change }] of plain.entries()) {
    const outcome = outcomes[index]
    if (outcome?.kind === 'failed') written.set(change, { error: outcome.error })
    else written.set(change, outcome?.kind === 'applied' ? 'written' : 'refused')
  }
  // One transaction after the other: each of them writes the same count.
  for (const some of chunksOf(counted, countedAtOnce)) {
    for (const [index, outcome] of (await writeCounted(deps, some, token)).entries()) {
      const change = some[index]
      if (change !== undefined) written.set(change, outcome)
    }
  }
  // Nothing to write is as good as written.
  return changes.map(change => written.get(change) ?? 'written')
}

const isPlain = ({ before, after, events = [] }: ScheduleChange): boolean =>
  before !== undefined && countOf(before) === countOf(after) && events.length === 0

/** The record is as it should be. */
const isNothing = (change: ScheduleChange): boolean => change.before !== undefined && updateOf(change) === undefined

function updateOf({ name, before, after }: ScheduleChange): RecordUpdate | undefined {
  const change = before === undefined ? undefined : changeIfSeen(name, before, after)
  return change === undefined ? undefined : { key: scheduleKey(after.definition.name), change }
}

/** Together; or, if not all of them can be written, each on its own, which tells one that is refused from the others. */
async function writeCounted(
  deps: Writing,
  changes: readonly ScheduleChange[],
  token: string | undefined,
): Promise<readonly ScheduleWritten[]> {
  const difference = changes.reduce((sum, { before, after }) => sum + countOf(after) - countOf(before), 0)
  const actions = changes.flatMap(change => [actionOf(change), ...eventActions(deps, change.events)])
  const outcome = await transactCounted(deps, actions, difference, token)
  if (outcome === 'written' || changes.length === 1) return changes.map(() => outcome)
  const outcomes: ScheduleWritten[] = []
  for (const change of changes) outcomes.push(...(await writeCounted(deps, [change], token)))
  return outcomes
}

function actionOf(change: ScheduleChange): TransactAction {
  const update = updateOf(change)
  return update === undefined ? { kind: 'put', record: toScheduleRecord(change.after) } : { kind: 'update', ...update }
}

/** @param difference of the number of schedules */
export async function transactCounted(
  deps: Writing,
  actions: readonly TransactAction[],
  difference: number,
  token?: string,
): Promise<ScheduleWritten> {
  const change = token === undefined ? countSchedules(difference) : countIfRegistering(token, difference)
  const count: TransactAction = { kind: 'update', key: controlKey, change }
  const all = difference === 0 && token === undefined ? actions : [...actions, count]
  const outcome = await deps.records.transact(all, newRequestToken(deps.random))
  if (outcome.kind === 'failed' || outcome.kind === 'busy') return { error: outcome.error }
  return outcome.kind === 'done' ? 'written' : 'refused'
}

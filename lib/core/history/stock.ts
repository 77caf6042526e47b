/** How many jobs of a queue there are, by type and state: counted from the differences of the stream. */

import type { Job } from '../job/job.ts'
import type { RecordAction } from '../records/change.ts'
import { stockKey } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { groupBy } from '../values/lists.ts'
import { countersOf, Tally } from './counters.ts'
import type { Derivation } from './derivation.ts'
import { type CountedState, countedName, countedState, countedStates, type JobChange } from './job-change.ts'

/** Where a job counts. */
export interface StockPlace {
  readonly queue: string
  readonly type: string
  readonly state: CountedState
}

export const stockPlaceOf = ({ queue, type, state }: Job): StockPlace => ({
  queue: countedName(queue),
  type: countedName(type),
  state: countedState(state),
})

const placeText = (place: StockPlace | undefined): string =>
  place === undefined ? '' : JSON.stringify([place.queue, place.type, place.state])

const placesOf = ({ before, after }: JobChange) =>
  [before, after].map(job => (job === undefined ? undefined : stockPlaceOf(job))) as [
    StockPlace | undefined,
    StockPlace | undefined,
  ]

export interface StockDerivation extends Derivation {
  readonly queue: string
}

/** One for each queue that the changes touch. */
export function stockDerivations(changes: readonly JobChange[]): readonly StockDerivation[] {
  const touching = changes.flatMap(change => {
    const [from, to] = placesOf(change)
    if (placeText(from) === placeText(to)) return []
    const queues = new Set([from?.queue, to?.queue].filter(queue => queue !== undefined))
    return [...queues].map(queue => ({ queue, change }))
  })
  return [...groupBy(touching, ({ queue }) => queue)].map(([queue, entries]) => ({
    queue,
    key: stockKey(queue),
    changes: entries.map(({ change }) => change),
    actions: (_, fresh) => stockActions(queue, fresh),
  }))
}

function stockActions(queue: string, changes: readonly JobChange[]): readonly RecordAction[] {
  const tally = new Tally()
  for (const change of changes) {
    const [from, to] = placesOf(change)
    if (from?.queue === queue) tally.count(from.type, from.state, -1)
    if (to?.queue === queue) tally.count(to.type, to.state, 1)
  }
  const asOfAt = Math.max(...changes.map(({ at }) => at))
  return [
    ...tally.actions(),
    { op: 'add', attribute: 'changes', amount: changes.length },
    { op: 'set', attribute: 'asOfAt', value: asOfAt },
  ]
}

/** Jobs by type and state, as of an instant: exact up to it, to the second. */
export interface Stock {
  readonly types: ReadonlyMap<string, ReadonlyMap<CountedState, number>>
  /** Of the last change that is counted; undefined before the first. */
  readonly asOf: number | undefined
}

export function stockFrom(record: StoredRecord | undefined): Stock {
  const attributes = record?.attributes ?? {}
  const { asOfAt } = attributes
  const types = countersOf(attributes, name => (countedStates as readonly string[]).includes(name))
  return {
    types: types as ReadonlyMap<string, ReadonlyMap<CountedState, number>>,
    asOf: typeof asOfAt === 'number' ? asOfAt : undefined,
  }
}

/** Jobs of all types in a state, or in one of several. */
export function inStates({ types }: Pick<Stock, 'types'>, ...states: readonly CountedState[]): number {
  let sum = 0
  for (const counts of types.values()) for (const state of states) sum += counts.get(state) ?? 0
  return sum
}

/** How many jobs there are, as the recorder has counted them. */
import { type CountedState, countedStates } from '../../core/history/job-change.ts'
import { inStates, type Stock, stockFrom } from '../../core/history/stock.ts'
import { stockKey } from '../../core/records/keys.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkQueue, ownQueuesKnown, readControl } from './lanes.ts'

/** State → jobs; states without a job are left out. `~` stands for what only a newer release knows. */
export type StateCounts = Readonly<Partial<Record<CountedState, number>>>

export interface QueueCounts {
  readonly queue: string
  readonly states: StateCounts
  readonly types: Readonly<Record<string, StateCounts>>
  /** The counts are exact as of this instant, to the second; absent before the first count, and without a recorder. */
  readonly asOf?: string
}

/**
 * One read unit a queue, however many jobs there are.
 * @throws InvalidInput for an unknown queue; Unavailable
 */
export async function countJobs(deps: Deps, queue?: string): Promise<readonly QueueCounts[]> {
  const control = await readControl(deps)
  if (queue !== undefined) checkQueue(deps.runner, control, queue)
  const queues = queue === undefined ? ownQueuesKnown(deps.runner, control) : [queue]
  const records = await deps.records.get(queues.map(stockKey))
  return queues.map((name, index) => countsOf(name, stockFrom(records[index])))
}

export function countsOf(queue: string, stock: Stock): QueueCounts {
  const types = [...stock.types].map(
    ([type, counts]) => [type, statesOf({ types: new Map([[type, counts]]) })] as const,
  )
  return {
    queue,
    states: statesOf(stock),
    types: Object.fromEntries(types.filter(([, states]) => Object.keys(states).length > 0)),
    ...(stock.asOf === undefined ? {} : { asOf: formatInstant(stock.asOf) }),
  }
}

/** Before the first recount after an outage a difference can be missing: no count is shown below zero. */
const statesOf = (stock: Pick<Stock, 'types'>): StateCounts =>
  Object.fromEntries(
    countedStates.flatMap(state => {
      const count = inStates(stock, state)
      return count > 0 ? [[state, count] as const] : []
    }),
  )

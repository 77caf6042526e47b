/** After the load: is every acknowledged job accounted for? */
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { fromItem } from '../../../lib/aws/dynamodb/item.ts'
import { indexName } from '../../../lib/aws/dynamodb/table.ts'
import { isTerminal, type RawJob } from '../../../lib/core/job/job.ts'
import type { Journal } from './journal.ts'

export interface Finding {
  readonly what: string
  readonly count: number
}

/** Every item of the table, or every row of its index: a test may scan, the product never does. */
async function scan(table: string, IndexName?: string): Promise<readonly RawJob[]> {
  const client = new DynamoDBClient({})
  const input = {
    TableName: table,
    ConsistentRead: IndexName === undefined,
    ...(IndexName === undefined ? {} : { IndexName }),
  }
  const found: RawJob[] = []
  for await (const page of paginateScan({ client }, input)) found.push(...(page.Items ?? []).map(fromItem))
  client.destroy()
  return found.filter(({ id }) => id !== undefined && !id.startsWith('#'))
}

export const liveRows = async (table: string): Promise<number> =>
  (await scan(table, indexName)).filter(({ lane }) => lane?.split('#').at(-2) === 'live').length

/** What must be zero. */
export async function audit(
  table: string,
  acknowledged: readonly string[],
  journal: Journal,
): Promise<readonly Finding[]> {
  const items = await scan(table)
  const byId = new Map(items.map(item => [item.id, item]))
  const stored = acknowledged.map(id => byId.get(id))
  const count = (what: string, wrong: (item: RawJob) => boolean): Finding => ({
    what,
    count: items.filter(wrong).length,
  })
  const effectsOf = ({ id = '' }: RawJob) => journal.effects.get(id) ?? 0
  const live = items.filter(({ state }) => state !== undefined && !isTerminal(state)).length
  return [
    { what: 'acknowledged and not in the table', count: stored.filter(item => item === undefined).length },
    count('not ended', ({ state }) => state === undefined || !isTerminal(state)),
    count('completed without an effect (I3)', item => item.state === 'COMPLETED' && effectsOf(item) === 0),
    count('more effects than starts charged (I3)', item => effectsOf(item) > (item.attempt ?? 0)),
    count(
      'more handler calls than starts charged (I6)',
      item => (journal.starts.get(item.id ?? '') ?? 0) > (item.attempt ?? 0),
    ),
    count('two effects without a crash (I3)', item => effectsOf(item) > 1 && (item.crashes ?? 0) === 0),
    count(
      'attempts that do not add up (I6)',
      ({ attempt = 0, attemptsLeft = 0, snoozes = 0, maxAttempts = 5 }) =>
        attempt + attemptsLeft - snoozes !== maxAttempts,
    ),
    { what: 'live rows that differ from live jobs (I5)', count: Math.abs((await liveRows(table)) - live) },
  ]
}

export async function summary(table: string) {
  const items = await scan(table)
  const byState = Map.groupBy(items, ({ state }) => state ?? 'none')
  return {
    states: [...byState].map(([state, group]) => `${group.length} ${state}`).join(', '),
    crashes: items.reduce((sum, { crashes = 0 }) => sum + crashes, 0),
    /** Runs that were given back because their start had eaten up their time. */
    snoozes: items.reduce((sum, { snoozes = 0 }) => sum + snoozes, 0),
  }
}

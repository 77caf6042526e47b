import { QueryCommand, type QueryCommandInput, type QueryCommandOutput } from '@aws-sdk/client-dynamodb'
import { InvalidInput, Unavailable } from '../../core/values/errors.ts'
import { parsedList } from '../../core/values/json.ts'
import type { PartQuery, RecordPage, RecordRowPage } from '../../ports/record-store.ts'
import { encode, type Item } from './item.ts'
import type { TableAccess } from './read-items.ts'
import { fromRecordItem, recordKeyItem, recordRow } from './record-item.ts'
import { isKey } from './record-key.ts'
import { indexName, keyAttribute, laneAttribute, lookAtAttribute, partAttribute } from './table.ts'

type Access = Pick<TableAccess, 'client' | 'table'>

/** @throws Unavailable @throws InvalidInput */
export async function queryParts(access: Access, query: PartQuery): Promise<RecordPage> {
  const { id, prefix, limit, from } = query
  if (from !== undefined && !from.startsWith(prefix)) throw notACursor(from)
  if (!isKey(id)) return { records: [], next: undefined }
  const page = await ask(access, {
    // begins_with refuses an empty text.
    KeyConditionExpression: prefix === '' ? '#id = :id' : '#id = :id AND begins_with(#part, :prefix)',
    ExpressionAttributeNames: { '#id': keyAttribute, ...(prefix === '' ? {} : { '#part': partAttribute }) },
    ExpressionAttributeValues: { ':id': { S: id }, ...(prefix === '' ? {} : { ':prefix': { S: prefix } }) },
    Limit: limit,
    ScanIndexForward: query.isDescending !== true,
    ConsistentRead: query.isConsistent === true,
    ...(from === undefined ? {} : { ExclusiveStartKey: recordKeyItem({ id, part: from }) }),
  })
  return {
    records: (page.Items ?? []).flatMap(item => fromRecordItem(item) ?? []),
    next: page.LastEvaluatedKey?.[partAttribute]?.S,
  }
}

export interface DuePage {
  readonly until: number
  readonly limit: number
  readonly from: string | undefined
}

/** @throws Unavailable @throws InvalidInput */
export async function queryDue(access: Access, lane: string, { until, limit, from }: DuePage): Promise<RecordRowPage> {
  const page = await ask(access, {
    IndexName: indexName,
    KeyConditionExpression: '#lane = :lane AND #lookAt <= :until',
    ExpressionAttributeNames: { '#lane': laneAttribute, '#lookAt': lookAtAttribute },
    ExpressionAttributeValues: { ':lane': { S: lane }, ':until': encode('lookAt', until) },
    Limit: limit,
    ...(from === undefined ? {} : { ExclusiveStartKey: rowFrom(lane, from) }),
  })
  const last = page.LastEvaluatedKey
  return {
    rows: (page.Items ?? []).flatMap(item => recordRow(item, until) ?? []),
    next: last === undefined ? undefined : JSON.stringify(cursorNames.map(name => last[name]?.S)),
  }
}

const cursorNames = [lookAtAttribute, keyAttribute, partAttribute] as const

async function ask(
  { client, table }: Access,
  input: Omit<QueryCommandInput, 'TableName'>,
): Promise<QueryCommandOutput> {
  try {
    return await client.send(new QueryCommand({ TableName: table, ...input }))
  } catch (error) {
    throw new Unavailable('DynamoDB', error)
  }
}

/** The row after which the next page starts. @throws InvalidInput */
function rowFrom(lane: string, from: string): Item {
  const values = parsedList(from)
  if (values.length !== cursorNames.length || !values.every(value => typeof value === 'string')) throw notACursor(from)
  const named = cursorNames.map((name, index) => [name, { S: values[index] as string }] as const)
  return { [laneAttribute]: { S: lane }, ...Object.fromEntries(named) }
}

const notACursor = (from: string): InvalidInput => new InvalidInput('from', from, 'what a page gave as next')

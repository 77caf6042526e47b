import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { laneAttribute, lookAtAttribute } from '../../lib/aws/dynamodb/table.ts'
import { sampleInput, shards } from './sample.ts'

export type Item = Record<string, AttributeValue>

export const instant = (milliseconds: number): AttributeValue => ({ S: new Date(milliseconds).toISOString() })
export const number = (value: number): AttributeValue => ({ N: String(value) })

const sampleText = JSON.stringify(sampleInput)

/** A waiting job as an item written by hand, with the attributes that Lamplighter gives it. */
export function sampleItem(
  id: string,
  index: number,
  times: { readonly dueAt: number; readonly lookAt: number },
): Item {
  const shard = index % shards
  return {
    id: { S: id },
    type: { S: 'sample' },
    queue: { S: 'default' },
    state: { S: 'RESERVED' },
    input: { S: sampleText },
    attempt: number(0),
    attemptsLeft: number(5),
    scheduledAt: instant(times.dueAt),
    insertedAt: instant(times.dueAt),
    fence: number(1),
    dispatches: number(1),
    shard: number(shard),
    [laneAttribute]: { S: `default#live#${shard}` },
    [lookAtAttribute]: instant(times.lookAt),
  }
}

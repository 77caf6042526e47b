import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { systemClock } from '../../system/clock.ts'
import type { Invocation } from '../lambda/protocol.ts'
import { batchAnswerOf } from './partial-batch.ts'

/** What stands between a stream and its function: the filter, and the retries. */
export interface StreamMapping {
  readonly streamArn: string
  readonly region: string
  /** One that fits is enough; without any, every record fits. */
  readonly filters?: readonly EventPattern[]
  /** Named in the event, as with a tumbling window. */
  readonly shardId?: string
  readonly invoke: (event: DynamoDBStreamEvent) => Promise<Invocation>
  readonly onTrouble: (text: string) => void
  /** Before the first retry; doubled with each. @default 200 */
  readonly firstPauseMs?: number
}

/** Some two minutes in all. In the cloud a batch is tried until the stream forgets it, and then reported. */
const maxTries = 10
const maxPauseMs = 30_000

/**
 * Feeds a batch of records to the function. What it names as failed, and all that comes after, is tried again, as with
 * ReportBatchItemFailures; a function error tries the whole batch again. At last the rest is given up with a report.
 */
export async function feed(
  mapping: StreamMapping,
  records: readonly StreamRecord[],
  signal: AbortSignal,
): Promise<void> {
  const event = streamEvent(records, mapping.streamArn, mapping.region)
  const { filters, shardId } = mapping
  let rest = event.Records.filter(record => filters?.some(pattern => fits(pattern, record)) ?? true)
  for (let tries = 1; rest.length > 0 && !signal.aborted; tries += 1) {
    const invocation = await mapping.invoke({ Records: rest, ...(shardId === undefined ? {} : { shardId, state: {} }) })
    const { left, why } = remaining(rest, invocation)
    if (left.length === 0) return
    rest = left
    if (tries === maxTries) {
      mapping.onTrouble(`${rest.length} records of ${mapping.streamArn} were given up after ${tries} tries: ${why}`)
      return
    }
    await systemClock.sleep(Math.min(maxPauseMs, (mapping.firstPauseMs ?? 200) * 2 ** (tries - 1)), signal)
  }
}

type Records = DynamoDBStreamEvent['Records']

/** Retried from the earliest record that failed; an answer that cannot be read is a failure of all. */
function remaining(records: Records, invocation: Invocation): { readonly left: Records; readonly why: string } {
  const answer = batchAnswerOf(invocation)
  if (answer.kind === 'allFailed') return { left: records, why: answer.why }
  if (answer.identifiers.length === 0) return { left: [], why: '' }
  const positions = answer.identifiers.map(id =>
    records.findIndex(({ dynamodb: change }) => change?.SequenceNumber === id),
  )
  // One that names no record is a failure of all.
  return { left: records.slice(Math.max(0, Math.min(...positions))), why: 'reported as failed' }
}

/** What Lambda's event source mapping makes of stream records. */
export const streamEvent = (
  records: readonly StreamRecord[],
  streamArn: string,
  region: string,
): DynamoDBStreamEvent => ({
  Records: records.map(record => recordOf(record, streamArn, region)),
})

function recordOf(record: StreamRecord, eventSourceARN: string, awsRegion: string): DynamoDBRecord {
  const { ApproximateCreationDateTime: createdAt, ...change } = record.dynamodb ?? {}
  const event = {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion,
    eventSource: 'aws:dynamodb',
    awsRegion,
    eventSourceARN,
    dynamodb: {
      ...(createdAt === undefined ? {} : { ApproximateCreationDateTime: createdAt.getTime() / 1_000 }),
      ...change,
    },
  }
  return JSON.parse(JSON.stringify(event, binaryAsText)) as DynamoDBRecord
}

/** An event is JSON: binary attributes travel in base64. */
const binaryAsText = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value

/** The part of EventBridge's pattern language that this project's event filters use. */
export type EventPattern = { readonly [key: string]: EventPattern | readonly PatternValue[] }

/** A value that must be there, any value but these, or no value at all. */
type PatternValue =
  | string
  | number
  | { readonly 'anything-but': readonly (string | number)[] }
  | { readonly exists: false }

/** One of the values of each key must fit. */
export function fits(pattern: EventPattern, event: unknown): boolean {
  // What is not there holds no value: only a pattern that asks for absence fits.
  const values = (typeof event === 'object' && event !== null ? event : {}) as Readonly<Record<string, unknown>>
  return Object.entries(pattern).every(([key, expected]) => {
    const value = values[key]
    return isList(expected) ? expected.some(one => isValue(one, value)) : fits(expected, value)
  })
}

const isList = (expected: EventPattern | readonly PatternValue[]): expected is readonly PatternValue[] =>
  Array.isArray(expected)

function isValue(expected: PatternValue, value: unknown): boolean {
  if (typeof expected !== 'object') return expected === value
  if ('exists' in expected) return value === undefined
  // As EventBridge: a key that is absent is not "anything but".
  return value !== undefined && !expected['anything-but'].some(other => other === value)
}

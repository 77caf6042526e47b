import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBStreamEvent } from 'aws-lambda'
import { systemClock } from '../../system/clock.ts'
import type { Invocation } from '../lambda/protocol.ts'
import { type EventPattern, fits } from './event-pattern.ts'
import { batchAnswerOf } from './partial-batch.ts'
import { streamEvent } from './stream-event.ts'

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

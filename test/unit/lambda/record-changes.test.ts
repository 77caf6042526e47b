import { expect, it } from 'vitest'
import type { StreamBatch } from '../../../lib/app/record/record-batch.ts'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import type { JobChange } from '../../../lib/core/history/job-change.ts'
import { recordChanges, type ShardEvent } from '../../../lib/lambda/record-changes.ts'
import { jobWith } from '../../support/job-changes.ts'
import { recording } from '../../support/recording.ts'

const { deps } = recording()
type Images = NonNullable<NonNullable<ShardEvent['Records']>[number]['dynamodb']>['NewImage']
const image = toItem(jobWith()) as Images
const Records = [
  { dynamodb: { SequenceNumber: '41', ApproximateCreationDateTime: 1_800_000_000, NewImage: image } },
  { dynamodb: { SequenceNumber: '42', ApproximateCreationDateTime: 1_800_000_001, OldImage: image } },
  { dynamodb: { SequenceNumber: '43', NewImage: { id: { S: 'no job' } } } },
]

async function given(event: ShardEvent, answered: (batch: StreamBatch) => JobChange | undefined, soleShard?: string) {
  const batches: StreamBatch[] = []
  const record = async (_: unknown, batch: StreamBatch) => {
    batches.push(batch)
    return answered(batch)
  }
  const answer = await recordChanges(deps, event, { record, ...(soleShard === undefined ? {} : { soleShard }) })
  return { answer, batches }
}

it('takes each record as a change of a job, with its shard', async () => {
  const { answer, batches } = await given({ Records, shardId: 'shard-1' }, () => undefined)
  expect(answer).toEqual({ state: {}, batchItemFailures: [] })
  expect(batches).toMatchObject([
    {
      shard: 'shard-1',
      changes: [
        { sequence: '41', at: 1_800_000_000_000, after: { id: 'job-1' } },
        { sequence: '42', at: 1_800_000_001_000, before: { id: 'job-1' } },
        { sequence: '43' },
      ],
    },
  ])
  expect(Object.keys(batches[0]?.changes[1] ?? {})).not.toContain('after')
})

it('names the first record that must come again, and carries the state in every answer', async () => {
  const { answer } = await given({ Records, shardId: 's' }, ({ changes }) => changes[1])
  expect(answer).toEqual({ state: {}, batchItemFailures: [{ itemIdentifier: '42' }] })
})

it('answers the last call of a window, which brings no record, without touching a table', async () => {
  for (const event of [{ shardId: 's' }, { shardId: 's', Records: [] }, {}]) {
    const { answer, batches } = await given(event, () => undefined)
    expect(answer).toEqual({ state: {}, batchItemFailures: [] })
    expect(batches).toEqual([])
  }
})

it('refuses to count without the name of a shard, but for an engine that has one only', async () => {
  await expect(given({ Records }, () => undefined)).rejects.toThrow('the event names no shard')
  const { batches } = await given({ Records }, () => undefined, 'single')
  expect(batches.map(({ shard }) => shard)).toEqual(['single'])
})

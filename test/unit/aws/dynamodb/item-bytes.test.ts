import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTable } from '../../../../lib/aws/dynamodb/create-table.ts'
import { type Item, toItem } from '../../../../lib/aws/dynamodb/item.ts'
import { itemBytes } from '../../../../lib/aws/dynamodb/item-bytes.ts'
import { jobBytes } from '../../../../lib/core/job/item-size.ts'
import type { Job } from '../../../../lib/core/job/job.ts'
import { maxItemBytes } from '../../../../lib/core/values/quotas.ts'
import { startDynoxide } from '../../../../lib/dev/engines/dynoxide.ts'
import { engineSettings } from '../../../contract/conformance/dynamo-harness.ts'
import { sample } from '../../../contract/conformance/sample.ts'
import { rowBytes } from '../../../support/row-bytes.ts'

/** Of a number, as AWS was measured to count it: the digits before and after the point apart, zeros at the ends not. */
const numbers = [
  ['0', 1],
  ['1', 2],
  ['-1', 3],
  ['12', 2],
  ['123', 3],
  ['123456', 4],
  ['3.14159', 5],
  ['100', 2],
  ['0.05', 2],
  ['1e125', 2],
  ['1800000000', 2],
  ['1795341600', 5],
] as const

describe('itemBytes', () => {
  it.each(numbers)('counts the number %s as %i bytes', (digits, bytes) => {
    expect(itemBytes({ n: { N: digits } })).toBe(1 + bytes)
  })

  it.each([
    ['text in UTF-8', { n: { S: 'aü🙂' } }, 1 + 7],
    ['a name in UTF-8', { ü: { S: '' } }, 2],
    ['an empty list', { n: { L: [] } }, 1 + 3],
    ['a list of texts', { n: { L: [{ S: 'a' }, { S: 'bc' }] } }, 1 + 3 + (1 + 1) + (1 + 2)],
    ['a map', { n: { M: { k: { S: 'ab' } } } }, 1 + 3 + 1 + (1 + 2)],
    ['a set of texts', { n: { SS: ['a', 'bc'] } }, 1 + 3],
    ['true and null', { n: { BOOL: true }, m: { NULL: true } }, 2 + 2],
    ['bytes', { n: { B: new Uint8Array(5) } }, 1 + 5],
  ] satisfies [string, Item, number][])('counts %s', (_, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes)
  })

  it('is never above the bound that core works with', () => {
    const job: Job = { ...sample('FAILED'), ...sample('IN_PROGRESS'), id: 'a', tags: ['ü', ''] } as Job
    expect(itemBytes(toItem(job))).toBeLessThanOrEqual(jobBytes(job))
  })
})

it('rowBytes counts the keys, type and why, and nothing for an item without a row', () => {
  const item = toItem({ ...sample('RESERVED'), id: 'job-1' })
  expect(rowBytes(item)).toBe(
    'id'.length +
      'job-1'.length +
      'lane'.length +
      'default#live#4'.length +
      'lookAt'.length +
      24 +
      'type'.length +
      'sample'.length,
  )
  const failed = toItem({ ...sample('FAILED'), id: 'job-1', why: 'Error#12345678' })
  expect(rowBytes(failed) - rowBytes(item)).toBe(
    'default#failed#4'.length - 'default#live#4'.length + 'whyError#12345678'.length,
  )
  expect(rowBytes(toItem({ ...sample('COMPLETED'), id: 'job-1' }))).toBe(0)
})

describe('against an engine', () => {
  let engine: Awaited<ReturnType<typeof startDynoxide>>
  let client: DynamoDBClient
  beforeAll(async () => {
    engine = await startDynoxide()
    client = new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
    await createTable(client, 'sizes')
  })
  afterAll(async () => {
    client.destroy()
    await engine.stop()
  })

  it('an item of 400 KB by this count is taken, one of a byte more is not', async () => {
    const bare: Item = {
      ...toItem({ ...sample('IN_PROGRESS'), id: 'big', tags: ['a', 'ü'], progress: 33.25 }),
      input: { S: '' },
    }
    const filled = (bytes: number): Item => ({ ...bare, input: { S: 'x'.repeat(bytes - itemBytes(bare)) } })
    const put = (item: Item) => client.send(new PutItemCommand({ TableName: 'sizes', Item: item }))
    await expect(put(filled(maxItemBytes))).resolves.toBeDefined()
    await expect(put(filled(maxItemBytes + 1))).rejects.toThrow('Item size has exceeded')
  })
})

/** What no engine gives: conflicts, throttles, lost answers. All else is in the conformance suite. */
import {
  BatchGetItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { DynamoRecordStore } from '../../../../lib/aws/dynamodb/record-store.ts'
import { Unavailable } from '../../../../lib/core/values/errors.ts'
import type { TransactAction } from '../../../../lib/ports/record-store.ts'
import { SeededRandom } from '../../../../lib/testing/seeded-random.ts'

const dynamo = mockClient(DynamoDBClient)
const slept: number[] = []
const store = new DynamoRecordStore({
  client: new DynamoDBClient({}),
  table: 'records',
  jobTable: 'jobs',
  clock: { now: () => 0, sleep: async milliseconds => void slept.push(milliseconds) },
  random: new SeededRandom(1),
})
beforeEach(() => {
  dynamo.reset()
  slept.length = 0
})

const named = (name: string): Error => Object.assign(new Error('no'), { name })
const key = { id: 'a', part: 'p' }
const item = { id: { S: 'a' }, part: { S: 'p' } }
const record = { ...key, attributes: {} }
const update = { key, change: { name: 'c', guard: [], actions: [{ op: 'set', attribute: 'n', value: 1 }] } } as const
const put: TransactAction = { kind: 'put', record }
const other: TransactAction = { kind: 'put', record: { ...record, part: 'q' } }

const cancelled = (...codes: readonly string[]) =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map(Code => ({ Code, ...(Code === 'ConditionalCheckFailed' ? { Item: item } : {}) })),
  })

describe('a conflict with a transaction', () => {
  it('is waited out, with growing pauses that differ', async () => {
    dynamo
      .on(UpdateItemCommand)
      .rejectsOnce(named('TransactionConflictException'))
      .rejectsOnce(named('TransactionConflictException'))
      .resolves({ Attributes: item })
    expect(await store.update([update])).toStrictEqual([{ kind: 'applied', record }])
    expect(slept).toHaveLength(2)
    expect(slept[0]).toBeGreaterThanOrEqual(12.5)
    expect(slept[0]).toBeLessThanOrEqual(25)
    expect(slept[1]).toBeGreaterThanOrEqual(25)
    expect(slept[1]).toBeLessThanOrEqual(50)
  })

  it('of a put as well; one that lasts fails that entry alone', async () => {
    dynamo
      .on(PutItemCommand)
      .rejects(named('TransactionConflictException'))
      .on(PutItemCommand, { Item: { id: { S: 'b' }, part: { S: 'p' } } })
      .resolves({})
    const outcomes = await store.putIfAbsent([record, { ...record, id: 'b' }])
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { code: 'unavailable' } }, { kind: 'put' }])
    expect(slept).toHaveLength(6)
  })
})

describe('a transaction', () => {
  it.each([
    ['conflicts', cancelled('None', 'TransactionConflict')],
    ['throttles', cancelled('ThrottlingError', 'TransactionConflict')],
    ['its own earlier call', named('TransactionInProgressException')],
  ])('is repeated under its token: %s', async (_, error) => {
    dynamo.on(TransactWriteItemsCommand).rejectsOnce(error).resolves({})
    expect(await store.transact([put, other], 'token')).toStrictEqual({ kind: 'done' })
    const tokens = dynamo.commandCalls(TransactWriteItemsCommand).map(({ args }) => args[0].input.ClientRequestToken)
    expect(tokens).toEqual(['token', 'token'])
  })

  it('is not repeated when an action refuses it, whatever stands against the others', async () => {
    dynamo.on(TransactWriteItemsCommand).rejects(cancelled('ConditionalCheckFailed', 'TransactionConflict'))
    expect(await store.transact([put, other], 'token')).toStrictEqual({
      kind: 'refused',
      reasons: [{ kind: 'refusedByRecord', record }, { kind: 'fine' }],
    })
    expect(slept).toEqual([])
  })

  it.each([
    ['no answer', named('TimeoutError'), 'unavailable'],
    ['an action that is wrong', cancelled('None', 'ValidationError'), 'unwritable'],
    ['a call that is wrong', named('ValidationException'), 'unwritable'],
    ['no permission', named('AccessDeniedException'), 'unwritable'],
    ['a token of another transaction', named('IdempotentParameterMismatchException'), 'unwritable'],
  ])('fails: %s', async (_, error, code) => {
    dynamo.on(TransactWriteItemsCommand).rejects(error)
    expect(await store.transact([put, other], 'token')).toMatchObject({ kind: 'failed', error: { code } })
  })

  it('says what to grant where there is no permission', async () => {
    dynamo.on(TransactWriteItemsCommand).rejects(named('AccessDeniedException'))
    const message = expect.stringContaining('table.grantWriteData(worker)') as string
    expect(await store.transact([put, other], 'token')).toMatchObject({ error: { message } })
  })

  it.each([
    ['a conflict that lasts', cancelled('None', 'TransactionConflict')],
    ['throttles that last', cancelled('ThrottlingError', 'None')],
    ['no reasons', cancelled()],
  ])('was surely not written: %s', async (_, error) => {
    dynamo.on(TransactWriteItemsCommand).rejects(error)
    expect(await store.transact([put, other], 'token')).toMatchObject({ kind: 'busy', error: { code: 'unavailable' } })
  })
})

describe('a store that does not answer', () => {
  it('fails each write alone', async () => {
    dynamo.onAnyCommand().rejects(named('ECONNREFUSED'))
    expect(await store.update([update])).toMatchObject([{ kind: 'failed', error: { code: 'unavailable' } }])
  })

  it('rejects reads', async () => {
    dynamo.onAnyCommand().rejects(named('ECONNREFUSED'))
    await expect(store.get([key])).rejects.toThrow(Unavailable)
    await expect(store.query({ id: 'a', prefix: '', limit: 1 })).rejects.toThrow(Unavailable)
    await expect(store.due('lane', 0, 1)).rejects.toThrow(Unavailable)
  })

  it('says so when an answer lacks the record', async () => {
    dynamo.on(UpdateItemCommand).resolves({})
    expect(await store.update([update])).toMatchObject([{ kind: 'failed', error: { code: 'unavailable' } }])
  })
})

it('reads are consistent where that is asked for, and gets always', async () => {
  dynamo.on(QueryCommand).resolves({}).on(BatchGetItemCommand).resolves({})
  await store.get([key, key])
  await store.query({ id: 'a', prefix: 'p', limit: 1 })
  await store.query({ id: 'a', prefix: 'p', limit: 1, isConsistent: true })
  const [get] = dynamo.commandCalls(BatchGetItemCommand)
  expect(get?.args[0].input.RequestItems?.['records']).toEqual({ Keys: [item], ConsistentRead: true })
  const queries = dynamo.commandCalls(QueryCommand).map(({ args }) => args[0].input.ConsistentRead)
  expect(queries).toEqual([false, true])
})

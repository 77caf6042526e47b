/** What no engine does at will: errors inside an answer, errors of a whole call, answers that are cut short. */
import {
  BatchExecuteStatementCommand,
  type BatchExecuteStatementCommandInput,
  type BatchExecuteStatementCommandOutput,
  BatchGetItemCommand,
  type BatchStatementResponse,
  ConditionalCheckFailedException,
  DynamoDBClient,
  QueryCommand,
  TransactionConflictException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, describe, expect, it } from 'vitest'
import { type Item, toItem } from '../../../../lib/aws/dynamodb/item.ts'
import { DynamoJobStore } from '../../../../lib/aws/dynamodb/job-store.ts'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import { requeueIfEnded } from '../../../../lib/core/transitions/requeue.ts'
import { startIfDispatched } from '../../../../lib/core/transitions/start.ts'
import { InvalidInput, Unavailable } from '../../../../lib/core/values/errors.ts'
import { homeFor, now, sample } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'
import { rt } from '../../../contract/conformance/transition-case.ts'

const dynamo = mockClient(DynamoDBClient)
afterEach(() => dynamo.reset())

const slept: number[] = []
const clock = { now: () => now, sleep: async (milliseconds: number) => void slept.push(milliseconds) }
const random = { fraction: () => 0.5 }
const store = new DynamoJobStore({ client: new DynamoDBClient({ region: 'us-east-1' }), table: 'jobs', clock, random })

const policy = defaultPolicy
const start = startIfDispatched(3, { now, owner: 'me', policy }, false)
const idOf = (n: number): string => `job-${n}`
const jobOf = (n: number) => read({ ...sample('RESERVED'), id: idOf(n) })
const itemOf = (n: number): Item => toItem(jobOf(n))
const starts = (count: number) => Array.from({ length: count }, (_, n) => ({ id: idOf(n), transition: start }))
const jobs = (count: number) => Array.from({ length: count }, (_, n) => jobOf(n))

const answer = (...responses: BatchStatementResponse[]) => ({ Responses: responses })
const named = (name: string, message = 'because') => Object.assign(new Error(message), { name })
/** How an engine answers a whole batch. */
const eachStatement =
  (respond: (id: string) => BatchStatementResponse) =>
  async (input: BatchExecuteStatementCommandInput): Promise<BatchExecuteStatementCommandOutput> => ({
    ...answer(...(input.Statements ?? []).map(({ Parameters: values }) => respond(idIn(values ?? [])))),
    $metadata: {},
  })
const idIn = (values: readonly { S?: string | undefined }[]): string =>
  values.find(value => value.S?.startsWith('job-') === true)?.S ?? ''
const batchSizes = () =>
  dynamo.commandCalls(BatchExecuteStatementCommand).map(call => call.args[0].input.Statements?.length)

describe('errors inside an answer', () => {
  it.each([
    'ThrottlingError',
    'ProvisionedThroughputExceeded',
    'RequestLimitExceeded',
    'InternalServerError',
    'TransactionConflict',
    'ResourceNotFound',
  ] as const)('%s is a failure that may pass', async code => {
    dynamo.on(BatchExecuteStatementCommand).resolves(answer({ Error: { Code: code, Message: 'slow down' } }))
    const [outcome] = await store.apply(starts(1))
    expect(outcome).toEqual({ kind: 'failed', error: expect.any(Unavailable) })
    expect(outcome?.kind === 'failed' && outcome.error.message).toContain('slow down')
  })

  it('ValidationError is a failure with its words, and will not pass', async () => {
    dynamo.on(BatchExecuteStatementCommand).resolves(answer({ Error: { Code: 'ValidationError', Message: 'too big' } }))
    const [outcome] = await store.insert(jobs(1))
    expect(outcome).toEqual({ kind: 'failed', error: expect.not.objectContaining({ code: 'unavailable' }) })
    expect(outcome?.kind === 'failed' && outcome.error.message).toContain('too big')
  })

  it('one failure leaves the neighbours alone', async () => {
    const failing = { Error: { Code: 'ThrottlingError', Message: '' } } as const
    dynamo
      .on(BatchExecuteStatementCommand)
      .callsFake(eachStatement(id => (id === idOf(1) ? failing : { Item: toItem({ ...jobOf(0), id }) })))
    const outcomes = await store.apply(starts(3))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'failed', 'applied'])
  })

  it('an answer that is too short fails what it leaves out', async () => {
    dynamo.on(BatchExecuteStatementCommand).resolves(answer({}))
    const outcomes = await store.insert(jobs(2))
    expect(outcomes).toEqual([{ kind: 'inserted' }, { kind: 'failed', error: expect.any(Unavailable) }])
  })
})

describe('a refusal', () => {
  const refused = { Error: { Code: 'ConditionalCheckFailed', Message: 'refused' } } as const

  it('that brings the item costs no read', async () => {
    dynamo.on(BatchExecuteStatementCommand).resolves(answer({ Error: { ...refused.Error, Item: itemOf(0) } }))
    expect(await store.apply(starts(1))).toStrictEqual([{ kind: 'refused', job: jobOf(0) }])
    expect(dynamo.commandCalls(BatchGetItemCommand)).toHaveLength(0)
  })

  it('without the item costs one consistent read for all of them', async () => {
    dynamo.on(BatchExecuteStatementCommand).callsFake(eachStatement(() => refused))
    dynamo.on(BatchGetItemCommand).resolves({ Responses: { jobs: [itemOf(2), itemOf(0)] } })
    expect(await store.apply(starts(3))).toStrictEqual([
      { kind: 'refused', job: jobOf(0) },
      { kind: 'refused', job: undefined },
      { kind: 'refused', job: jobOf(2) },
    ])
    const reads = dynamo.commandCalls(BatchGetItemCommand)
    expect(reads).toHaveLength(1)
    expect(reads[0]?.args[0].input.RequestItems?.['jobs']?.ConsistentRead).toBe(true)
  })

  it('whose item cannot be read just now is no refusal: nobody may take the job for gone', async () => {
    dynamo.on(BatchExecuteStatementCommand).resolves(answer(refused))
    dynamo.on(BatchGetItemCommand).rejects(named('InternalServerError'))
    expect(await store.apply(starts(1))).toEqual([{ kind: 'failed', error: expect.any(Unavailable) }])
  })

  it('of an update brings the item as well', async () => {
    const failed = { ...sample('FAILED'), id: 'job-0' }
    const error = new ConditionalCheckFailedException({ message: 'refused', $metadata: {}, Item: toItem(failed) })
    dynamo.on(UpdateItemCommand).rejects(error)
    const transition = requeueIfEnded(read(failed), {
      dueAt: now,
      now,
      request: rt,
      policy,
      home: homeFor(read(failed)),
    })
    expect(await store.apply([{ id: 'job-0', transition }])).toStrictEqual([{ kind: 'refused', job: read(failed) }])
  })
})

describe('a write whose item is not handed back', () => {
  it('is read, and no failure: it has been carried out', async () => {
    dynamo.on(BatchExecuteStatementCommand).callsFake(eachStatement(() => ({})))
    dynamo.on(BatchGetItemCommand).resolves({ Responses: { jobs: [itemOf(1), itemOf(0)] } })
    expect(await store.apply(starts(2))).toStrictEqual([
      { kind: 'applied', job: jobOf(0) },
      { kind: 'applied', job: jobOf(1) },
    ])
    expect(dynamo.commandCalls(BatchGetItemCommand)).toHaveLength(1)
  })

  it('is not read for a caller that has seen the job', async () => {
    dynamo.on(BatchExecuteStatementCommand).callsFake(eachStatement(() => ({})))
    const [outcome] = await store.apply([{ id: idOf(0), transition: start, seen: jobOf(0) }])
    expect(outcome).toMatchObject({ kind: 'applied', job: { id: idOf(0), owner: 'me', state: 'IN_PROGRESS' } })
    expect(dynamo.commandCalls(BatchGetItemCommand)).toHaveLength(0)
  })
})

describe('a transaction that holds the item', () => {
  const conflict = { Error: { Code: 'TransactionConflict', Message: 'ongoing' } } as const

  it('has the write tried again, after growing pauses with jitter; its batch mates are written once', async () => {
    slept.length = 0
    let tries = 0
    dynamo.on(BatchExecuteStatementCommand).callsFake(
      eachStatement(id => {
        if (id !== idOf(1)) return { Item: toItem({ ...jobOf(0), id }) }
        tries += 1
        return tries < 4 ? conflict : { Item: itemOf(1) }
      }),
    )
    const outcomes = await store.apply(starts(3))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['applied', 'applied', 'applied'])
    expect(batchSizes()).toEqual([3, 1, 1, 1])
    expect(slept).toEqual([30, 60, 120])
  })

  it('has an update tried again as well', async () => {
    const error = new TransactionConflictException({ message: 'ongoing', $metadata: {} })
    dynamo
      .on(UpdateItemCommand)
      .rejectsOnce(error)
      .resolves({ Attributes: itemOf(0) })
    const ended = read({ ...sample('FAILED'), id: 'job-0' })
    const replacing = { dueAt: now, now, request: rt, policy, home: homeFor(ended) }
    const transition = requeueIfEnded(ended, replacing)
    expect(await store.apply([{ id: 'job-0', transition }])).toStrictEqual([{ kind: 'applied', job: jobOf(0) }])
  })

  it('is a failure that may pass, once it has lasted too long', async () => {
    slept.length = 0
    dynamo.on(BatchExecuteStatementCommand).callsFake(eachStatement(() => conflict))
    expect(await store.insert(jobs(1))).toEqual([{ kind: 'failed', error: expect.any(Unavailable) }])
    expect(slept).toEqual([30, 60, 120, 240, 480])
  })
})

describe('errors of a whole call', () => {
  it('fail each of its entries, and no other call’s', async () => {
    dynamo
      .on(BatchExecuteStatementCommand)
      .rejectsOnce(named('TimeoutError', 'socket hang up'))
      .callsFake(eachStatement(() => ({})))
    const outcomes = await store.insert(jobs(30))
    const kinds = outcomes.map(({ kind }) => kind)
    expect(kinds.filter(kind => kind === 'failed')).toHaveLength(25)
    expect(kinds.filter(kind => kind === 'inserted')).toHaveLength(5)
    expect(outcomes[0]).toEqual({ kind: 'failed', error: expect.any(Unavailable) })
  })

  it.each(['ValidationException', 'SerializationException'])(
    '%s is looked into: each statement is tried alone',
    async name => {
      dynamo.on(BatchExecuteStatementCommand).callsFake(async (input: BatchExecuteStatementCommandInput) => {
        const ids = (input.Statements ?? []).map(({ Parameters: values }) => idIn(values ?? []))
        if (ids.includes(idOf(1))) throw named(name, 'cannot read this')
        return answer(...ids.map(() => ({})))
      })
      const outcomes = await store.insert(jobs(3))
      expect(outcomes.map(({ kind }) => kind)).toEqual(['inserted', 'failed', 'inserted'])
      expect(outcomes[1]?.kind === 'failed' && outcomes[1].error).not.toBeInstanceOf(Unavailable)
    },
  )

  it('of an update fail that update', async () => {
    dynamo.on(UpdateItemCommand).rejects(named('ThrottlingException'))
    dynamo.on(BatchExecuteStatementCommand).resolves(answer({ Item: itemOf(1) }))
    const transition = requeueIfEnded(read({ ...sample('FAILED'), id: 'job-0' }), {
      dueAt: now,
      now,
      request: rt,
      policy,
      home: homeFor(read({ ...sample('FAILED'), id: 'job-0' })),
    })
    const outcomes = await store.apply([
      { id: idOf(0), transition },
      { id: idOf(1), transition: start },
    ])
    expect(outcomes[0]).toEqual({ kind: 'failed', error: expect.any(Unavailable) })
    expect(outcomes[1]?.kind).toBe('applied')
  })

  it('of a read come out as Unavailable', async () => {
    dynamo.onAnyCommand().rejects(named('ECONNREFUSED'))
    await expect(store.get(['a'])).rejects.toThrow(Unavailable)
    await expect(store.due('default#live#0', now, 10)).rejects.toThrow(Unavailable)
  })
})

describe('what cannot be written', () => {
  it('fails alone, and is not sent', async () => {
    dynamo.on(BatchExecuteStatementCommand).callsFake(eachStatement(id => ({ Item: toItem({ ...jobOf(0), id }) })))
    const timeless = startIfDispatched(3, { now: Number.NaN, owner: 'me', policy }, false)
    const outcomes = await store.apply([{ id: idOf(9), transition: timeless }, ...starts(1)])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'applied'])
    expect(batchSizes()).toEqual([1])
  })

  it('an id that no item can have is refused as absent, and as a new job fails', async () => {
    for (const id of ['', 'x'.repeat(2_049), '\ud800']) {
      expect(await store.apply([{ id, transition: start }])).toEqual([{ kind: 'refused', job: undefined }])
      expect(await store.insert([{ ...jobOf(0), id }])).toEqual([{ kind: 'failed', error: expect.any(InvalidInput) }])
    }
    expect(dynamo.calls()).toHaveLength(0)
  })
})

describe('calls', () => {
  it('hold 25 statements, and four are under way at a time', async () => {
    let underWay = 0
    let most = 0
    dynamo.on(BatchExecuteStatementCommand).callsFake(async (input: BatchExecuteStatementCommandInput) => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise(resolve => setImmediate(resolve))
      underWay -= 1
      return answer(...(input.Statements ?? []).map(() => ({})))
    })
    await store.insert(jobs(160))
    expect(batchSizes()).toEqual([25, 25, 25, 25, 25, 25, 10])
    expect(most).toBe(4)
  })
})

describe('reads', () => {
  const rest = (...numbers: number[]) => ({ jobs: { Keys: numbers.map(n => ({ id: { S: idOf(n) } })) } })

  it('ask again for what an answer had no room for, at once', async () => {
    slept.length = 0
    dynamo
      .on(BatchGetItemCommand)
      .resolvesOnce({ Responses: { jobs: [itemOf(0)] }, UnprocessedKeys: rest(1) })
      .resolves({ Responses: { jobs: [itemOf(1)] }, UnprocessedKeys: {} })
    expect(await store.get([idOf(0), idOf(1)])).toStrictEqual([jobOf(0), jobOf(1)])
    expect(slept).toEqual([])
  })

  it('pause while they are throttled, and give up in the end', async () => {
    slept.length = 0
    dynamo.on(BatchGetItemCommand).resolves({ Responses: {}, UnprocessedKeys: rest(0) })
    await expect(store.get([idOf(0)])).rejects.toThrow(Unavailable)
    expect(slept).toEqual([50, 100, 200, 400])
  })
})

describe('pages of the index', () => {
  it('go on after the row at which the last one ended', async () => {
    const key = { id: { S: 'a' }, lane: { S: 'default#live#0' }, lookAt: { S: '2026-11-22T10:00:00.000Z' } }
    dynamo.on(QueryCommand).resolves({ Items: [key], LastEvaluatedKey: key })
    const page = await store.due('default#live#0', now, 1)
    await store.due('default#live#0', now, 1, page.next)
    expect(dynamo.commandCalls(QueryCommand)[1]?.args[0].input.ExclusiveStartKey).toEqual(key)
  })

  it('keep a row whose time nobody can read, as one that is due', async () => {
    dynamo.on(QueryCommand).resolves({ Items: [{ id: { S: 'a' }, lookAt: { S: '1 o’clock' } }] })
    expect((await store.due('default#live#0', now, 1)).rows).toEqual([{ id: 'a', lookAt: now }])
  })

  it.each(['', 'x', '{}', '[1,2]', 'null'])('refuse to go on from %j', async from => {
    await expect(store.due('default#live#0', now, 1, from)).rejects.toThrow(InvalidInput)
  })
})

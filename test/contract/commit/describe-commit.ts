/** Each row of the answer table of a commit, on an engine, with the real SDK and its retries in between. */
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cancel } from '../../../lib/app/operate/operate.ts'
import { jobRequest } from '../../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import type { TransactItem } from '../../../lib/core/definition/transact-item.ts'
import type { StartDynamo } from '../../support/engines.ts'
import { lost, refusedWith } from '../../support/fault-proxy.ts'
import { accounts, BankKit, both, credit, debit, receipt } from './bank-kit.ts'

let bank: BankKit
let count = 0

/** Two accounts that no other case uses, with ten each, and the order that a transfer between them is. */
async function given(amount = 3) {
  count += 1
  const order = { from: `from-${count}`, to: `to-${count}`, amount }
  await bank.open(order.from, 10)
  await bank.open(order.to, 10)
  return order
}

type Given = Awaited<ReturnType<typeof given>>

const balances = async ({ from, to }: Given) => [await bank.balance(from), await bank.balance(to)]

/** Enqueues a transfer whose handler does this, runs it once, and hands back its job. */
async function run(order: Given, handler: (ctx: RunContext) => Promise<unknown>) {
  bank.onTransfer = (_, ctx) => handler(ctx)
  const id = await bank.transfer(order)
  expect(await bank.work(2)).toBe(1)
  return bank.job(id)
}

/** What a call rejects with, as the handler sees it. */
const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  )

export function describeCommit(name: string, startDynamo?: StartDynamo): void {
  describe(`a commit on ${name}`, () => {
    beforeAll(async () => {
      bank = await BankKit.start(startDynamo)
    }, 60_000)
    afterAll(() => bank.stop())
    beforeEach(() => bank.reset())
    writes()
    definite()
    ambiguous()
    doubtful()
  })
}

function writes(): void {
  it('writes the items, the follow-up jobs and the end together', async () => {
    const order = await given()
    const job = await run(order, ctx =>
      ctx.commit(both(order), { result: { amount: 3 }, enqueue: [jobRequest(receipt, { to: order.to })] }),
    )
    expect(job).toMatchObject({ state: 'COMPLETED', result: '{"amount":3}' })
    expect(job).not.toHaveProperty('lane')
    expect(await balances(order)).toEqual([7, 13])
    expect(bank.eventsOf(job.id)).toEqual(['job_enqueued', 'job_started', 'job_completed'])
    expect(await bank.work(2)).toBe(1)
    const done = bank.engines.events.filter(event => event.name === 'job_completed' && event.type === receipt.type)
    expect(done).toHaveLength(1)
  })

  it.each([
    ['throws', () => Promise.reject(new Error('after the commit'))],
    ['returns another result', () => Promise.resolve('another')],
  ])('counts, although the handler %s afterwards', async (_, after) => {
    const order = await given()
    const job = await run(order, async ctx => {
      await ctx.commit(both(order), { result: 'committed' })
      return after()
    })
    expect(job).toMatchObject({ state: 'COMPLETED', result: '"committed"', attempt: 1 })
    expect(bank.eventsOf(job.id)).toEqual(['job_enqueued', 'job_started', 'job_completed'])
  })

  it('counts, although the handler does not await it', async () => {
    const order = await given()
    const job = await run(order, async ctx => void ctx.commit(both(order)))
    expect(job.state).toBe('COMPLETED')
    expect(await balances(order)).toEqual([7, 13])
  })

  it('happens once in a run', async () => {
    const order = await given()
    const seen: unknown[] = []
    await run(order, async ctx => {
      const first = ctx.commit(both(order))
      seen.push(await rejection(ctx.commit(both(order))))
      await first
      seen.push(await rejection(ctx.commit(both(order))), await rejection(ctx.heartbeat()))
    })
    expect(seen).toMatchObject([{ code: 'invalid_input' }, { stop: 'over' }, { stop: 'over' }])
    expect(await balances(order)).toEqual([7, 13])
  })
}

function definite(): void {
  it('names the item whose condition did not hold, and leaves the job to the run', async () => {
    const order = await given(11)
    let refusal: unknown
    const job = await run(order, async ctx => {
      refusal = await rejection(ctx.commit(both(order)))
      await ctx.commit([credit({ ...order, amount: 1 })])
    })
    expect(refusal).toMatchObject({ code: 'commit_refused', index: 0, item: debit(order) })
    expect(refusal).toMatchObject({ stored: { balance: { N: '10' } } })
    expect(job.state).toBe('COMPLETED')
    expect(await balances(order)).toEqual([10, 11])
  })

  it('hands back what is stored in the form of the item', async () => {
    const order = await given()
    const taken: TransactItem = {
      Put: {
        TableName: accounts,
        Item: { id: order.to, tags: new Set(['a']) },
        ConditionExpression: 'attribute_not_exists(id)',
      },
    }
    let refusal: unknown
    const job = await run(order, async ctx => {
      refusal = await rejection(ctx.commit([debit(order), taken]))
      throw new Error('no')
    })
    expect(refusal).toMatchObject({ index: 1, stored: { id: order.to, balance: 10 } })
    expect(job).toMatchObject({ state: 'RETRY', attempt: 1 })
    expect(await balances(order)).toEqual([10, 10])
  })

  it('writes nothing for a run whose job somebody else has taken', async () => {
    const order = await given()
    let refusal: unknown
    const job = await run(order, async ctx => {
      await bank.client.send(
        new UpdateItemCommand({
          TableName: bank.engines.names.table,
          Key: { id: { S: ctx.job.id } },
          UpdateExpression: 'SET #owner = :other',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':other': { S: 'somebody else' } },
        }),
      )
      refusal = await rejection(ctx.commit(both(order)))
    })
    expect(refusal).toMatchObject({ code: 'run_stopped', stop: 'lost' })
    expect(job.state).toBe('IN_PROGRESS')
    expect(await balances(order)).toEqual([10, 10])
  })

  it('wins over a cancellation that was asked for meanwhile', async () => {
    const order = await given()
    const job = await run(order, async ctx => {
      expect(await cancel(bank.deps, ctx.job.id)).toEqual({ kind: 'cancelRequested' })
      await ctx.commit(both(order))
    })
    expect(job.state).toBe('COMPLETED')
    expect(await balances(order)).toEqual([7, 13])
  })

  it('passes over a follow-up that its key has made before', async () => {
    const order = await given()
    const enqueue = [jobRequest(receipt, { to: order.to }, { idempotencyKey: order.to })]
    await run(order, async ctx => {
      await ctx.enqueue(receipt, { to: order.to }, { idempotencyKey: order.to })
      await ctx.commit(both(order), { enqueue })
    })
    expect(await balances(order)).toEqual([7, 13])
    await bank.workAll()
    const other = await given()
    let refusal: unknown
    await run(other, async ctx => {
      const wrong = [jobRequest(receipt, { to: 'else' }, { idempotencyKey: order.to })]
      refusal = await rejection(ctx.commit(both(other), { enqueue: wrong }))
    })
    expect(refusal).toMatchObject({ code: 'idempotency_conflict' })
    expect(await balances(other)).toEqual([10, 10])
  })

  it('refuses what no transaction can be, before it is sent', async () => {
    const order = await given()
    const seen: unknown[] = []
    await run(order, async ctx => {
      const big = 'x'.repeat(390_000)
      const puts = Array.from(
        { length: 12 },
        (_, n): TransactItem => ({
          Put: { TableName: accounts, Item: { id: `${order.to}/${n}`, big } },
        }),
      )
      const wrong: readonly (readonly TransactItem[])[] = [
        Array.from({ length: 100 }, () => credit(order)),
        puts,
        [credit(order), debit({ ...order, from: order.to }), credit(order)],
        [{}],
        [{ Put: { TableName: accounts, Item: { id: 'a', at: new Date() } } }],
        [{ Update: { TableName: accounts, Key: { id: 'a' }, UpdateExpression: 'no expression at all' } }],
      ]
      for (const items of wrong) seen.push(await rejection(ctx.commit(items)))
      seen.push(await rejection(ctx.commit([], { result: big + big })))
      seen.push(await rejection(ctx.commit([], { enqueue: [jobRequest(receipt, { to: 7 as never })] })))
    })
    expect(seen).toMatchObject([
      { code: 'commit_too_large', what: 'items', count: 101, max: 100 },
      { code: 'commit_too_large', what: 'bytes' },
      { code: 'invalid_input', field: 'items[2]' },
      { code: 'invalid_input', field: 'items[0]' },
      { code: 'invalid_input', field: 'item.Put.Item.at' },
      { code: 'unwritable' },
      { code: 'job_too_large', field: 'result' },
      { code: 'input_refused' },
    ])
    expect(await balances(order)).toEqual([10, 10])
  })
}

const transaction = ['TransactWriteItems', /commit|accounts/] as const

function ambiguous(): void {
  it.each([
    ['the answer is lost', [lost('answer')]],
    ['the request is lost', [lost('request')]],
    ['three answers are lost, which is all that the SDK tries', [lost('answer'), lost('answer'), lost('answer')]],
    ['the table is too busy', [refusedWith('ThrottlingException'), refusedWith('ThrottlingException')]],
    ['the service fails', [refusedWith('InternalServerError'), lost('request'), lost('answer'), lost('answer')]],
  ])('is carried out once when %s', async (_, faults) => {
    const order = await given()
    bank.engines.faults.dynamo.breakNext(...transaction, ...faults)
    const job = await run(order, ctx => ctx.commit(both(order), { result: 1 }))
    expect(job).toMatchObject({ state: 'COMPLETED', result: '1', attempt: 1 })
    expect(await balances(order)).toEqual([7, 13])
    expect(bank.eventsOf(job.id)).toEqual(['job_enqueued', 'job_started', 'job_completed'])
  })

  it('goes on after others have held its items', async () => {
    const order = await given()
    const others = Array.from({ length: 30 }, () =>
      bank.client.send(
        new PutItemCommand({ TableName: accounts, Item: { id: { S: order.to }, balance: { N: '10' } } }),
      ),
    )
    await Promise.allSettled(others)
    const orders = [order, order, order]
    for (const one of orders) await bank.transfer({ ...one, amount: 1 })
    bank.onTransfer = (one, ctx) => ctx.commit(both(one))
    for (let done = 0; done < orders.length; ) done += await bank.work(1)
    expect(await balances(order)).toEqual([7, 13])
  })
}

/** No answer at all until the lease is over: nobody can know, and whatever is true must count. */
function doubtful(): void {
  it.each([
    ['never carried out', 'request', [7, 13], 2],
    ['carried out', 'answer', [7, 13], 1],
  ] as const)('that is never answered and was %s: the job says which', async (_, way, expected, runs) => {
    const order = await given()
    const seen: unknown[] = []
    bank.onTransfer = async (one, ctx) => {
      if (ctx.attempt > 1) return ctx.commit(both(one))
      const faults = bank.engines.faults.dynamo
      faults.setRule(({ operation }) => (operation === 'TransactWriteItems' ? lost(way) : undefined))
      const committing = ctx.commit(both(one))
      // By its clock the run has a second left.
      bank.aheadMs += ctx.deadline - bank.deps.clock.now() - 1_000
      seen.push(await rejection(committing))
      faults.calm()
    }
    const id = await bank.transfer(order)
    expect(await bank.work(2)).toBe(1)
    for (let times = 0; times < 5 && (await bank.job(id)).state !== 'COMPLETED'; times += 1) {
      bank.aheadMs += 120_000
      await bank.tick()
      await bank.workAll()
    }
    expect(await bank.job(id)).toMatchObject({ state: 'COMPLETED', attempt: runs })
    expect(await balances(order)).toEqual(expected)
    expect(bank.eventsOf(id).filter(event => event === 'job_completed')).toHaveLength(1)
    expect(seen).toMatchObject([way === 'answer' ? 'no error' : { code: 'unavailable' }])
  })
}

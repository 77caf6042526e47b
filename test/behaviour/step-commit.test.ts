/** `ctx.stepCommit`: a step and writes of the handler's own, exactly once. */
import { describe, expect, it } from 'vitest'
import { CommitRefused } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { TransactItem } from '../../lib/core/definition/transact-item.ts'
import { Unwritable } from '../../lib/core/values/errors.ts'
import type { TransactOutcome } from '../../lib/ports/record-store.ts'
import { runnerWith } from '../support/jobs.ts'

const debit: TransactItem = { Put: { TableName: 'ledger', Item: { id: 'debit' } } }
const credit: TransactItem = { Put: { TableName: 'ledger', Item: { id: 'credit' } } }

/** Throws in the first so many calls. */
function failing(times: number) {
  let left = times
  return () => {
    left -= 1
    if (left >= 0) throw new Error('no')
  }
}

async function ended(flow: (ctx: RunContext) => unknown, options = {}, kit = {}) {
  const { test, work, starts } = runnerWith((_input, ctx) => flow(ctx), options, kit)
  const { id } = await test.enqueue(work, { n: 1 })
  await test.drain()
  return { test, id, starts, job: await test.get(id) }
}

/** What the table answers to the first transactions of a step, after carrying them out or not. */
function answers(test: { readonly records: { transact: unknown } }, given: readonly ('lost' | 'never' | 'busy')[]) {
  const records = test.records as { transact(...of: unknown[]): Promise<TransactOutcome> }
  const transact = records.transact.bind(records)
  const left = [...given]
  records.transact = async (...of) => {
    const answer = left.shift()
    if (answer === undefined || answer === 'lost') {
      const outcome = await transact(...of)
      return answer === undefined ? outcome : { kind: 'failed', error: new Error('no answer') }
    }
    const error = new Error('nothing was written')
    return answer === 'busy' ? { kind: 'busy', error } : { kind: 'failed', error }
  }
}

describe('ctx.stepCommit', () => {
  it('writes once, however often the job runs; each run gets the result', async () => {
    const breaks = failing(2)
    const seen: unknown[] = []
    const { test, job } = await ended(async ctx => {
      seen.push(await ctx.stepCommit('ledger', [debit, credit], { ok: true }))
      breaks()
      return 'on'
    })
    expect(test.committed).toEqual([debit, credit])
    expect(seen).toEqual([{ ok: true }, { ok: true }, { ok: true }])
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 3, result: 'on' })
  })

  it('without a result gives undefined, and without items is a step', async () => {
    const seen: unknown[] = []
    const { test } = await ended(async ctx => {
      seen.push(await ctx.stepCommit('ledger', [debit]), await ctx.stepCommit('none', [], 1))
    })
    expect(seen).toEqual([undefined, 1])
    expect(test.committed).toEqual([debit])
  })

  it('a condition that does not hold rejects, and nothing is written; the handler may go another way', async () => {
    const refusals: unknown[] = []
    const { test, id, job } = await ended(
      async ctx => {
        try {
          await ctx.stepCommit('ledger', [debit, credit])
        } catch (error) {
          refusals.push(error)
          return ctx.stepCommit('other', [debit], 'other')
        }
        return 'ledger'
      },
      {},
      { refusesWrite: (item: TransactItem) => item === credit },
    )
    expect(refusals).toMatchObject([{ code: 'commit_refused', index: 1, item: credit }])
    expect(refusals).toEqual([expect.any(CommitRefused)])
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 1, result: 'other' })
    expect(test.committed).toEqual([debit])
    const cells = await test.records.query({ id, prefix: 'cell#', limit: 10 })
    expect(cells.records.map(({ attributes }) => attributes['name'])).toEqual(['other'])
  })

  it('that nobody catches is tried again, as any failure', async () => {
    let refusals = 2
    const { test, job } = await ended(
      ctx => ctx.stepCommit('ledger', [debit], 'done'),
      {},
      { refusesWrite: () => (refusals -= 1) >= 0 },
    )
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 3, result: 'done' })
    expect(test.committed).toEqual([debit])
  })
})

describe('a table that does not answer', () => {
  it.each([
    ['once, carried out', ['lost'], 1],
    ['once, not carried out', ['never'], 1],
    ['busy for a while', ['busy', 'busy'], 1],
    ['as long as a run tries, carried out', ['lost', 'never', 'never', 'never'], 2],
    ['as long as a run tries, not carried out', ['never', 'never', 'never', 'never'], 2],
  ] as const)('%s: the effect is there once, and no attempt is charged', async (_, given, runs) => {
    const { test, work } = runnerWith((_input, ctx) => ctx.stepCommit('ledger', [debit], 'done'))
    answers(test, given)
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(test.store.read(id)).toMatchObject({ state: 'COMPLETED', attempt: runs, attemptsLeft: 4, result: '"done"' })
    expect(test.committed).toEqual([debit])
  })

  it('for good: the handler gets to know', async () => {
    const caught: unknown[] = []
    const { test, work } = runnerWith((_input, ctx) =>
      ctx.stepCommit('ledger', [debit]).catch((error: unknown) => void caught.push(error)),
    )
    test.records.transact = () => Promise.resolve({ kind: 'failed', error: new Unwritable('no such table') })
    await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(caught).toMatchObject([{ code: 'unwritable' }])
  })
})

describe('a stepCommit that is refused writes nothing', () => {
  const update = { Update: { TableName: 'a', Key: { id: '1' }, UpdateExpression: 'SET b = c' } }
  it.each([
    ['a name twice', (ctx: RunContext) => [ctx.step('a', () => 1), ctx.stepCommit('a', [debit])], /'a'.*of that name/],
    ['inside of a step', (ctx: RunContext) => ctx.step('a', () => ctx.stepCommit('b', [debit])), /'b'.*inside of step/],
    ['no list', (ctx: RunContext) => ctx.stepCommit('a', debit as never), /stepCommit\(a\)\.items.*a list of writes/],
    ['no write', (ctx: RunContext) => ctx.stepCommit('a', [{}]), /stepCommit\(a\)\.items\[0\]/],
    ['two writes of one item', (ctx: RunContext) => ctx.stepCommit('a', [update, update]), /items\[1\].*second write/],
    [
      'too many',
      (ctx: RunContext) =>
        ctx.stepCommit(
          'a',
          Array.from({ length: 100 }, () => debit),
        ),
      /101 items.*100/,
    ],
    ['no JSON', (ctx: RunContext) => ctx.stepCommit('a', [debit], { n: 1n } as never), /'a'.*stepCommit\(a\)\.n/],
  ])('%s', async (_, flow, message) => {
    const caught: unknown[] = []
    const { test } = await ended(async ctx => {
      for (const result of await Promise.allSettled([flow(ctx)].flat())) {
        if (result.status === 'rejected') caught.push(result.reason)
      }
    })
    expect(caught).toEqual([expect.objectContaining({ message: expect.stringMatching(message) })])
    expect(test.committed).toEqual([])
  })
})

/** Money on an engine: workers that die at each await, a network that loses answers, and jobs within transactions. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startAvailable } from '../../../lib/app/sweeper/start-available.ts'
import { transacted } from '../../../lib/client/transact.ts'
import { chunksOf } from '../../../lib/core/values/lists.ts'
import type { WorkerDeps } from '../../../lib/ports/deps.ts'
import type { StartDynamo } from '../../support/engines.ts'
import { lost, refusedWith, seededRule } from '../../support/fault-proxy.ts'
import { accounts, BankKit, receipt } from './bank-kit.ts'

let bank: BankKit
const opening = 1_000
const names = ['ada', 'bob', 'cy']

const total = async (): Promise<number> => {
  const balances = await Promise.all(names.map(name => bank.balance(name)))
  return balances.reduce((sum, balance) => sum + balance, 0)
}

const order = (n: number) => ({ from: names[n % 3] ?? '', to: names[(n + 1) % 3] ?? '', amount: 1 + (n % 5) })

/** What the accounts hold when each of these transfers was made once. */
function expected(count: number): readonly number[] {
  const balances = new Map(names.map(name => [name, opening]))
  for (let n = 0; n < count; n += 1) {
    const { from, to, amount } = order(n)
    balances.set(from, (balances.get(from) ?? 0) - amount)
    balances.set(to, (balances.get(to) ?? 0) + amount)
  }
  return [...balances.values()]
}

/** Ticks and works, with time going on, until each of the jobs has ended. */
async function finish(ids: readonly string[]): Promise<void> {
  for (let rounds = 0; rounds < 60; rounds += 1) {
    await bank.workAll()
    const jobs = await bank.deps.store.get(ids)
    if (jobs.every(job => job?.state === 'COMPLETED')) return
    bank.aheadMs += 60_000
    await bank.tick()
  }
  throw new Error('not all transfers have ended')
}

/** Ports of a process that dies at the given call: before it, or once it was carried out. */
function mortal(deps: WorkerDeps, dieAt: number, isAfter: boolean): { deps: WorkerDeps; died: Promise<void> } {
  let calls = 0
  const { promise: died, resolve } = Promise.withResolvers<void>()
  const forever = new Promise<never>(() => {})
  const guarded = <Args extends unknown[], Out>(call: (...args: Args) => Promise<Out>) => {
    return async (...args: Args): Promise<Out> => {
      calls += 1
      if (calls < dieAt) return call(...args)
      if (calls === dieAt && isAfter) await call(...args)
      resolve()
      return forever
    }
  }
  const { store, records, queue } = deps
  return {
    died,
    deps: {
      ...deps,
      store: {
        insert: guarded(jobs => store.insert(jobs)),
        apply: guarded(changes => store.apply(changes)),
        get: guarded((ids, parts) => store.get(ids, parts)),
        due: guarded((...page) => store.due(...page)),
        lane: guarded(query => store.lane(query)),
        count: guarded(query => store.count(query)),
      },
      records: {
        putIfAbsent: guarded(all => records.putIfAbsent(all)),
        update: guarded(updates => records.update(updates)),
        get: guarded(keys => records.get(keys)),
        query: guarded(query => records.query(query)),
        due: guarded((...page) => records.due(...page)),
        transact: guarded((actions, token) => records.transact(actions, token)),
      },
      queue: {
        send: guarded((name, messages) => queue.send(name, messages)),
        setVisibility: guarded((name, changes) => queue.setVisibility(name, changes)),
        depth: guarded(name => queue.depth(name)),
      },
    },
  }
}

/** One worker, in a process of its own. @returns the signal that ended it; null when it came to its end */
async function endOf(moment: string): Promise<NodeJS.Signals | null> {
  const worker = fork(fileURLToPath(new URL('mortal-worker.ts', import.meta.url)), {
    env: { ...process.env, ...bank.env, BANK_MOMENT: moment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [code, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null]
  if (code !== null && code !== 0) throw new Error(`the worker ended with code ${code}`)
  return signal
}

export interface BankSize {
  /** Transfers, cancelled and committed jobs. */
  readonly count: number
  /** Processes that are killed. */
  readonly kills: number
}

export function describeBank(name: string, { count, kills }: BankSize, startDynamo?: StartDynamo): void {
  describe(`a bank on ${name}`, () => {
    beforeAll(async () => {
      bank = await BankKit.start(startDynamo)
    }, 60_000)
    afterAll(() => bank.stop())
    beforeEach(async () => {
      await bank.reset()
      await Promise.all(names.map(account => bank.open(account, opening)))
    })

    it('a worker that dies at each await of a transfer leaves it made once', { timeout: 120_000 }, async () => {
      const ids: string[] = []
      const deaths = [false, true].flatMap(isAfter => Array.from({ length: 6 }, (_, n) => ({ dieAt: n + 1, isAfter })))
      for (const [index, { dieAt, isAfter }] of deaths.entries()) {
        ids.push(await bank.transfer(order(index)))
        const { deps, died } = mortal(bank.deps, dieAt, isAfter)
        await Promise.race([bank.work(2, deps), died])
        // No other worker may have it yet, and its own never comes back.
        bank.aheadMs += 90_000
        await bank.tick()
        expect(await total()).toBe(names.length * opening)
      }
      await finish(ids)
      expect(await Promise.all(names.map(account => bank.balance(account)))).toEqual(expected(ids.length))
    })

    it('a process that is killed with -9 at any moment of its commit leaves the transfer made once', {
      timeout: Math.max(240_000, kills * 6_000),
    }, async () => {
      const moments = ['before', 'answered', ...Array.from({ length: kills - 2 }, (_, n) => String((n * 3) % 16))]
      const ids: string[] = []
      let killed = 0
      for (const [index, moment] of moments.entries()) {
        ids.push(await bank.transfer(order(index)))
        if ((await endOf(moment)) === 'SIGKILL') killed += 1
        expect(await total()).toBe(names.length * opening)
        // The lease of the dead is over.
        bank.aheadMs += 90_000
        await bank.tick()
      }
      // A worker may have been faster than its end.
      expect(killed).toBeGreaterThanOrEqual(kills / 2)
      await finish(ids)
      expect(await Promise.all(names.map(account => bank.balance(account)))).toEqual(expected(ids.length))
      console.log(`${killed} of ${moments.length} workers were killed; ${ids.length} transfers, each made once`)
    })

    it('a network that loses and refuses makes each transfer once', { timeout: 240_000 }, async () => {
      const ids: string[] = []
      for (let n = 0; n < count / 5; n += 1) ids.push(await bank.transfer(order(n)))
      const faults = [
        lost('request'),
        lost('answer'),
        refusedWith('InternalServerError'),
        refusedWith('ThrottlingException'),
      ]
      const rule = seededRule(7, 0.2, faults)
      bank.engines.faults.dynamo.setRule(call => (call.operation === 'TransactWriteItems' ? rule(call) : undefined))
      await finish(ids)
      expect(bank.engines.faults.dynamo.injected.length).toBeGreaterThan(count / 50)
      expect(await Promise.all(names.map(account => bank.balance(account)))).toEqual(expected(ids.length))
    })

    it(`of ${count} committed and ${count} cancelled jobs each of the former runs once, and no other`, {
      timeout: 240_000,
    }, async () => {
      const { committed, cancelled } = await transactAll(count)
      // The stream brings the first half; the rest is left to the ticks.
      const images = await bank.deps.store.get(committed.slice(0, count / 2))
      for (const chunk of chunksOf(images, 100))
        await startAvailable(
          bank.deps,
          chunk.flatMap(job => job ?? []),
        )
      await finish(committed)
      const ran = bank.engines.events.flatMap(event => (event.name === 'job_started' ? [event.id] : []))
      expect(ran.toSorted()).toEqual(committed.toSorted())
      expect((await bank.deps.store.get(cancelled)).filter(job => job !== undefined)).toEqual([])
    })
  })
}

/** One transaction each, with a write of the caller's own; every other one is cancelled by its condition. */
async function transactAll(count: number) {
  const [committed, cancelled]: [string[], string[]] = [[], []]
  const all = Array.from({ length: 2 * count }, (_, n) => n)
  for (const chunk of chunksOf(all, 50)) {
    await Promise.all(
      chunk.map(async n => {
        const made = await transacted(bank.deps, bank.engines.names, { type: receipt.type, input: { to: `to ${n}` } })
        const ConditionExpression = n % 2 === 0 ? 'attribute_not_exists(id)' : 'attribute_exists(id)'
        const Item = { id: { S: `order ${n}` } }
        const own = { Put: { TableName: accounts, Item, ConditionExpression } }
        const sent = bank.client.send(new TransactWriteItemsCommand({ TransactItems: [own, ...made.items] }))
        const isCommitted = await sent.then(
          () => true,
          () => false,
        )
        if (isCommitted) committed.push(made.id)
        else cancelled.push(made.id)
      }),
    )
  }
  expect([committed.length, cancelled.length]).toEqual([count, count])
  return { committed, cancelled }
}

/** `onFailed`: large inputs, faults of the store, definitions. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { failedJob } from '../../lib/core/definition/failed-job.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { FlakyStore } from '../support/flaky-store.ts'

import { kitOf, no } from '../support/on-failed-kit.ts'

describe('large inputs', () => {
  it.each([
    [10_000, false],
    [380_000, false],
    [600_000, true],
  ])('of %i bytes, with a bucket: %s', async (bytes, payloads) => {
    const { kit, made, charge } = kitOf(no, { kit: { payloads } })
    const order = 'x'.repeat(bytes)
    const { id } = await kit.enqueue(charge, { order, cents: 1 })
    await kit.drain()
    expect(await kit.get(id)).toMatchObject({ state: 'FAILED' })
    expect(made[0]?.input?.order).toBe(order)
  })

  it('that is gone: what follows has none', async () => {
    const { kit, made, charge } = kitOf(no)
    const { id } = await kit.enqueue(charge, { order: 'x'.repeat(10_000), cents: 1 })
    for (const record of kit.records.all()) if (record.part.startsWith('input#')) kit.records.expire(record)
    await kit.drain()
    expect(made).toMatchObject([{ id, error: { name: 'PayloadGone' }, storedInput: null }])
  })
})

describe('faults', () => {
  it.each(['done', 'notDone'] as const)('the transaction is not answered, and was %s: one job follows', async kind => {
    const { kit, made, enqueue, followers } = kitOf(no, { more: { maxAttempts: 1 } })
    const transact = kit.deps.records.transact.bind(kit.deps.records)
    let faults = 2
    kit.deps.records.transact = async (actions, token) => {
      if (faults === 0) return transact(actions, token)
      faults -= 1
      if (kind === 'done') await transact(actions, token)
      return { kind: 'failed', error: new Error('no answer') }
    }
    const { id } = await enqueue()
    await kit.drain()
    expect(await kit.get(id)).toMatchObject({ state: 'FAILED', attempt: 1 })
    expect([made.length, followers().length]).toEqual([1, 1])
  })

  it('no transaction is ever carried out: the job does not fail, and the sweeper fails it when they are again', async () => {
    const { kit, made, enqueue } = kitOf(no, { more: { maxAttempts: 1 } })
    const transact = kit.deps.records.transact.bind(kit.deps.records)
    let isDown = true
    kit.deps.records.transact = async (actions, token) =>
      isDown ? { kind: 'busy', error: new Error('throttled') } : transact(actions, token)
    const { id } = await enqueue()
    await kit.advance('10m')
    expect([(await kit.get(id))?.state, made.length]).toEqual(['IN_PROGRESS', 0])
    isDown = false
    await kit.drain()
    expect([(await kit.get(id))?.state, made.length]).toEqual(['FAILED', 1])
  })

  it('the dispatcher, which knows no bucket, leaves the end to the sweeper', async () => {
    const { kit, enqueue, made } = kitOf(no, { kit: { hasTicks: false } })
    const { id } = await enqueue()
    const stored = { ...(kit.store.read(id) as Job), state: 'AVAILABLE', attempt: 2, attemptsLeft: 0 } as const
    kit.store.put(stored)
    expect(await startAvailable(kit.deps, [stored])).toEqual([])
    expect([kit.store.read(id)?.state, made.length]).toEqual(['AVAILABLE', 0])
  })

  it('the store itself is asked for nothing but what fails', async () => {
    const asked: string[] = []
    const { kit, enqueue } = kitOf(no, {
      kit: {
        wrapStore: store =>
          new FlakyStore(store, { isThrottled: ({ transition }) => (asked.push(transition.name), false) }),
      },
    })
    await enqueue()
    await kit.drain()
    expect(asked.filter(name => name.startsWith('failIf'))).toEqual([])
  })
})

describe('definition', () => {
  const plain = defineJob({ type: 'plain', input: failedJob(v.string()) })

  it('a contract that the runner does not have', () => {
    const job = defineJob({ type: 'job', input: v.string(), onFailed: plain })
    expect(() => defineRunner({ jobs: [job] })).toThrow(
      "job 'job' has onFailed 'plain', which is no job of this runner",
    )
  })

  it('a unique one', () => {
    const unique = defineJob({ type: 'u', input: failedJob(v.string()), unique: { key: ({ id }) => id } })
    expect(() => defineJob({ type: 'job', input: v.string(), onFailed: unique })).toThrow('a job that is not unique')
  })

  it.each(['plain', null, {}])('%o', onFailed => {
    const make = () => defineJob({ type: 'job', input: v.string(), onFailed: onFailed as never })
    expect(make).toThrow('defineJob(job).onFailed')
  })
})

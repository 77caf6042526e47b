/** Results: what is kept of them, what is refused and when, and what readers get. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const output = z.object({
  at: z.iso.datetime().transform(text => new Date(text)),
  rows: z.array(z.number()).default([]),
})
const report = defineJob({ type: 'report', input: v.object({}), output, maxAttempts: 2 })
const other = defineJob({ type: 'other', input: v.object({}) })

/** @param run gives anything: what the compiler refuses must be refused at run time as well */
function kitOf(run: (ctx: RunContext) => unknown, contract = report) {
  let runs = 0
  const handler = handle(contract, (_, ctx) => {
    runs += 1
    return run(ctx as RunContext) as never
  })
  const runner = defineRunner({ jobs: [contract, other] })
  const kit = createTestRunner({ runner, handlers: [handler, handle(other, () => ({ any: 1 }))], startAt })
  const ended = async () => {
    const { id } = await kit.enqueue(contract, {})
    await kit.drain()
    return id
  }
  return { kit, ended, runs: () => runs }
}

describe('a result', () => {
  it('is kept as JSON writes it, and read as the schema makes it', async () => {
    const at = new Date('2027-01-01T00:00:00.000Z')
    const { kit, ended } = kitOf(() => ({ at }))
    const id = await ended()
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', result: { at: at.toISOString() } })
    expect(await kit.get(report, id)).toMatchObject({ state: 'COMPLETED', result: { at, rows: [] } })
  })

  it.each([
    ['a field is wrong', () => ({ at: 'yesterday' }), 'result.at'],
    ['a field is missing', () => ({}), 'result.at'],
    ['there is none', () => {}, 'result'],
  ])('that the schema refuses ends the job, and is not tried again: %s', async (_, run, path) => {
    const { kit, ended, runs } = kitOf(run)
    const job = await kit.get(await ended())
    expect(job).toMatchObject({ state: 'FAILED', error: { name: 'ResultRefused' } })
    expect(job?.error?.message).toMatch(`result of job type 'report' was refused: ${path}: `)
    expect(runs()).toBe(1)
    expect(await kit.get(report, job?.id ?? '')).not.toHaveProperty('result')
  })

  it.each([
    ['a bigint', 5n, 'result.at is a bigint'],
    ['a function', () => 1, 'result.at is a function'],
    ['a Map', new Map(), 'result.at is an instance of Map'],
    ['undefined in a list', [undefined], 'result.at[0] is undefined'],
    ['NaN', Number.NaN, 'result.at is NaN'],
  ])('that JSON would bend is refused with its place: %s', async (_, at, message) => {
    const { kit, ended } = kitOf(() => ({ at }))
    const job = await kit.get(await ended())
    expect(job).toMatchObject({ state: 'FAILED', error: { name: 'InvalidInput' } })
    expect(job?.error?.message).toMatch(message)
  })

  it('has its own limit', async () => {
    const small = defineJob({ ...smallOptions, maxResult: 21 })
    const fits = kitOf(() => ({ text: 'x'.repeat(10) }), small as never)
    expect(await fits.kit.get(await fits.ended())).toMatchObject({ state: 'COMPLETED' })
    const { kit, ended } = kitOf(() => ({ text: 'x'.repeat(11) }), small as never)
    const job = await kit.get(await ended())
    expect(job).toMatchObject({ state: 'FAILED', error: { name: 'JobTooLarge' } })
    expect(job?.error?.message).toMatch('result takes 22 bytes; allowed: at most 21 bytes')
  })

  it.each([
    ['refused by the schema', { at: 1 }, 'ResultRefused'],
    ['missing', undefined, 'ResultRefused'],
    ['no JSON', { at: 5n }, 'InvalidInput'],
  ])('of a commit is checked before anything is written: %s', async (_, result, name) => {
    const errors: unknown[] = []
    const item = { Put: { TableName: 'mine', Item: { id: 'a' } } }
    const { kit, ended } = kitOf(async ctx => {
      await ctx.commit([item], { result }).catch((error: unknown) => errors.push(error))
      return ctx.commit([item], { result: { at: '2027-01-01T00:00:00.000Z' } })
    })
    const id = await ended()
    expect(errors).toMatchObject([{ name }])
    expect(kit.committed).toEqual([item])
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
  })
})

const smallOptions = { type: 'report', input: v.object({}) } as const

describe('client.get with a contract', () => {
  it('refuses a job of another type', async () => {
    const { kit } = kitOf(() => ({}))
    const { id } = await kit.enqueue(other, {})
    await expect(kit.get(report, id)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: "id is a job of type 'other'; allowed: a job of type 'report'",
    })
    expect(await kit.get(report, 'nobody')).toBeUndefined()
  })

  it('says when what is stored does not fit any more', async () => {
    const { kit, ended } = kitOf(() => ({ text: 'of an earlier release' }), defineJob(smallOptions) as never)
    const id = await ended()
    await expect(kit.get(report, id)).rejects.toMatchObject({ name: 'ResultRefused', code: 'result_refused' })
    expect(await kit.get(id)).toMatchObject({ result: { text: 'of an earlier release' } })
  })

  it('gives what there is of a job without a schema, or without an end', async () => {
    const { kit } = kitOf(() => ({}))
    const { id } = await kit.enqueue(other, {})
    expect(await kit.get(other, id)).toMatchObject({ state: 'RESERVED' })
    await kit.drain()
    expect((await kit.get(other, id))?.result).toEqual({ any: 1 })
  })
})

import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { contractOf, type QueuePolicy } from '../../../lib/core/definition/runner.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'

const input = v.object({})
const define = (options: Record<string, unknown>) => defineJob({ type: 'mail', input, ...options })

describe('defineJob', () => {
  it('fills in every default', () => {
    expect(define({}).policy).toEqual({
      timeoutMs: 60_000,
      maxAttempts: 5,
      maxSnoozes: 1_000,
      backoff: { kind: 'exponential', baseMs: 15_000, factor: 2, capMs: 3_600_000 },
      listCompleted: false,
      keepCompletedMs: 604_800_000,
      keepFailedMs: 2_592_000_000,
    })
  })

  it.each([
    [{ type: '9mail' }, 'type'],
    [{ type: 'a'.repeat(65) }, 'type'],
    [{ queue: 'no spaces' }, 'defineJob(mail).queue'],
    [{ input: {} }, 'defineJob(mail).input'],
    [{ output: {} }, 'defineJob(mail).output'],
    [{ output: null }, 'defineJob(mail).output'],
    [{ maxResult: 0 }, 'defineJob(mail).maxResult'],
    [{ maxResult: 397_313 }, 'defineJob(mail).maxResult'],
    [{ maxAttempts: 0 }, 'defineJob(mail).maxAttempts'],
    [{ maxAttempts: 1.5 }, 'defineJob(mail).maxAttempts'],
    [{ timeout: '16m' }, 'defineJob(mail).timeout'],
    [{ timeout: '0s' }, 'defineJob(mail).timeout'],
    [{ timeoutMs: 999 }, 'defineJob(mail).timeoutMs'],
    [{ timeout: '5s', timeoutMs: 5_000 }, 'defineJob(mail).timeoutMs'],
    [{ backoff: { kind: 'exponential', factor: 0.5 } }, 'defineJob(mail).backoff.factor'],
    [{ backoff: { kind: 'never' } }, 'defineJob(mail).backoff'],
    [{ keep: { completed: '1s' } }, 'defineJob(mail).keep.completed'],
    [{ maxSnoozes: -1 }, 'defineJob(mail).maxSnoozes'],
    [{ maxDuration: '367d' }, 'defineJob(mail).maxDuration'],
    [{ maxDuration: '1ms' }, 'defineJob(mail).maxDuration'],
    [{ retries: 3 }, 'defineJob(mail).retries'],
    [{ type: 'lamplighter.bulk' }, 'type'],
    [{ tenant: 'acme' }, 'defineJob(mail).tenant'],
    [{ tenant: null }, 'defineJob(mail).tenant'],
    [{ queue: null }, 'defineJob(mail).queue'],
    [{ maxAttempts: null }, 'defineJob(mail).maxAttempts'],
    [{ maxSnoozes: null }, 'defineJob(mail).maxSnoozes'],
    [{ listCompleted: 'yes' }, 'defineJob(mail).listCompleted'],
    [{ listCompleted: null }, 'defineJob(mail).listCompleted'],
    [{ keep: null }, 'defineJob(mail).keep'],
    [{ keep: { complete: '1d' } }, 'defineJob(mail).keep.complete'],
    [{ backoff: null }, 'defineJob(mail).backoff'],
    [{ backoff: 'exponential' }, 'defineJob(mail).backoff'],
    [{ backoff: { kind: 'toString' } }, 'defineJob(mail).backoff'],
    [{ backoff: { kind: 'exponential', maxDelay: '1h' } }, 'defineJob(mail).backoff.maxDelay'],
    [{ backoff: { kind: 'exponential', factor: null } }, 'defineJob(mail).backoff.factor'],
    [{ backoff: { kind: 'fixed' } }, 'defineJob(mail).backoff.delay'],
    [{ backoff: { kind: 'fixed', delay: 30 } }, 'defineJob(mail).backoff.delay'],
  ])('refuses %o, naming the field', (options, field) => {
    expect(() => define(options)).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })

  it.each([undefined, null, 'mail', []])('refuses %j in place of its options', options => {
    expect(() => defineJob(options as never)).toThrow(expect.objectContaining({ field: 'defineJob' }))
  })

  it('takes the longest timeout whose run still fits into a function', () => {
    expect(define({ timeout: '885s' }).policy.timeoutMs).toBe(885_000)
    expect(() => define({ timeout: '886s' })).toThrow(/885s/)
  })
})

describe('defineRunner', () => {
  it('refuses two jobs of one type, and a job of an unknown queue', () => {
    expect(() => defineRunner({ jobs: [define({}), define({})] })).toThrow("two jobs have the type 'mail'")
    expect(() => defineRunner({ jobs: [define({ queue: 'elsewhere' })] })).toThrow(
      "names the queue 'elsewhere'; defined: default",
    )
  })

  it.each([
    [{ concurrency: 1 }, 'queues.mails.concurrency'],
    [{ concurrency: 1_001 }, 'queues.mails.concurrency'],
    [{ batchSize: 11 }, 'queues.mails.batchSize'],
    [{ shards: 0 }, 'queues.mails.shards'],
    [{ workers: 3 }, 'queues.mails.workers'],
  ])('refuses a queue with %o', (policy, field) => {
    expect(() => defineRunner({ queues: { mails: policy as Partial<QueuePolicy> }, jobs: [] })).toThrow(
      expect.objectContaining({ field }),
    )
  })

  it.each([
    [undefined, 'defineRunner'],
    [{}, 'defineRunner.jobs'],
    [{ jobs: { mail: define({}) } }, 'defineRunner.jobs'],
    [{ jobs: [undefined] }, 'defineRunner.jobs[0]'],
    [{ jobs: ['mail'] }, 'defineRunner.jobs[0]'],
    [{ jobs: [], queues: [] }, 'defineRunner.queues'],
    [{ jobs: [], queues: { mails: null } }, 'queues.mails'],
    [{ jobs: [], queues: { lamplighter: {} } }, 'queue name'],
    [{ jobs: [], middleware: () => 1 }, 'defineRunner.middleware'],
  ])('refuses %j', (options, field) => {
    expect(() => defineRunner(options as never)).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })

  it('says why a queue cannot run one batch at a time', () => {
    expect(() => defineRunner({ jobs: [], queues: { mails: { concurrency: 1 } } })).toThrow(
      'queues.mails.concurrency is 1; allowed: 2 to 1000: Lambda polls a queue with at least two functions',
    )
  })

  it('refuses a job that enqueues what is no job here, and a list that is none', () => {
    const mail = defineJob({ type: 'mail', input: v.object({}), enqueues: ['male'] })
    expect(() => defineRunner({ jobs: [mail] })).toThrow(
      "job 'mail' enqueues 'male', which is no job of this runner; defined: mail",
    )
    for (const enqueues of ['mail', [null], [''], [{}]]) {
      const make = () => defineJob({ type: 'mail', input: v.object({}), enqueues: enqueues as never })
      expect(make).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    }
  })

  it('finds a contract by its type, and names the known ones otherwise', () => {
    const mail = define({})
    const runner = defineRunner({ jobs: [mail] })
    expect(contractOf(runner, 'mail')).toBe(mail)
    for (const type of ['male', 'toString', '__proto__']) expect(() => contractOf(runner, type)).toThrow('known: mail')
  })
})

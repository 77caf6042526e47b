import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import {
  functionDefinitions,
  isHiddenForLease,
  maxNoticeMs,
  queueDefinitions,
} from '../../../../lib/core/definition/deployment.ts'
import { leaseMs } from '../../../../lib/core/definition/policy.ts'
import { maxFunctionMs } from '../../../../lib/core/values/quotas.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'

const job = (type: string, queue: string, timeout: '1s' | '60s' | '885s') =>
  defineJob({ type, queue, timeout, input: v.object({}) })

describe('the definition of a queue', () => {
  const runner = defineRunner({
    queues: { slow: {}, empty: {} },
    jobs: [job('quick', 'default', '1s'), job('usual', 'default', '60s'), job('slow', 'slow', '885s')],
  })
  const of = (queue: string) => {
    const definition = queueDefinitions(runner).find(one => one.queue === queue)
    if (definition === undefined) throw new Error(`no queue ${queue}`)
    return definition
  }

  it('gives the worker function more time than the longest lease of its own jobs', () => {
    const longest = runner.jobs['usual']
    expect(of('default').functionTimeoutMs).toBe(75_000)
    expect(of('default').functionTimeoutMs).toBeGreaterThan(longest === undefined ? Infinity : leaseMs(longest.policy))
  })

  it('stays within what Lambda allows for the longest timeout that a job may have', () => {
    expect(of('slow').functionTimeoutMs).toBe(maxFunctionMs)
    expect(() => job('slow', 'slow', '886s' as '885s')).toThrow('timeout')
  })

  it('hides a message as long as the function may take, and keeps dead letters longer than messages', () => {
    for (const definition of queueDefinitions(runner)) {
      expect(definition.visibilityTimeoutMs).toBe(definition.functionTimeoutMs)
      expect(definition.deadLetterRetentionMs).toBeGreaterThan(definition.retentionMs)
      expect(definition.functionTimeoutMs % 1_000).toBe(0)
    }
  })

  it('hides a message for the longest lease, and comes back soon after it', () => {
    for (const { type, queue, policy } of Object.values(runner.jobs)) {
      const isHidden = isHiddenForLease(of(queue).visibilityTimeoutMs, leaseMs(policy))
      expect([type, isHidden]).toEqual([type, type !== 'quick'])
    }
  })

  it('a message is hidden for a lease when it comes back after it, within the time to notice a crash', () => {
    expect([-1, 0, maxNoticeMs, maxNoticeMs + 1].map(ms => isHiddenForLease(50_000 + ms, 50_000))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('names the queues of the jobs that its handlers enqueue, each once', () => {
    const given = { input: v.object({}) }
    const [a, b] = [
      defineJob({ type: 'a', queue: 'slow', ...given }),
      defineJob({ type: 'b', queue: 'empty', ...given }),
    ]
    const [c, d] = [
      defineJob({ type: 'c', enqueues: [a, 'd'], ...given }),
      defineJob({ type: 'd', enqueues: [a, b, 'c'], ...given }),
    ]
    const chained = defineRunner({ queues: { slow: {}, empty: {} }, jobs: [a, b, c, d] })
    const into = queueDefinitions(chained).map(({ queue, enqueuesInto }) => [queue, enqueuesInto])
    expect(into).toEqual([
      ['default', ['default', 'empty', 'slow']],
      ['slow', []],
      ['empty', []],
    ])
  })

  it('names every queue once, those without jobs as well', () => {
    expect(queueDefinitions(runner).map(({ queue }) => queue)).toEqual(['default', 'slow', 'empty'])
  })
})

describe('the functions of a deployment', () => {
  const runner = defineRunner({
    queues: { slow: { batchSize: 1, concurrency: 4 } },
    jobs: [job('slow', 'slow', '885s')],
  })

  it('are a worker for each queue and one of each other kind, with what calls them', () => {
    const table = functionDefinitions(runner).map(({ name, timeoutMs, trigger }) => [name, timeoutMs, trigger.kind])
    expect(table).toEqual([
      ['worker-default', 6_000, 'queue'],
      ['worker-slow', 900_000, 'queue'],
      ['sweeper', 60_000, 'schedule'],
      ['dispatcher', 60_000, 'stream'],
      ['recorder', 60_000, 'stream'],
      ['reconciler', 900_000, 'schedule'],
      ['api', 29_000, 'http'],
    ])
    expect(functionDefinitions(runner)[1]?.trigger).toEqual({
      kind: 'queue',
      queue: 'slow',
      batchSize: 1,
      concurrency: 4,
    })
  })

  it('stay within what Lambda allows', () => {
    for (const { timeoutMs, memorySize } of functionDefinitions(runner)) {
      expect(timeoutMs).toBeLessThanOrEqual(maxFunctionMs)
      expect(memorySize).toBeGreaterThanOrEqual(128)
    }
  })
})

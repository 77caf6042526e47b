import { describe, expect, it } from 'vitest'
import { queueDefinitions } from '../../../../lib/core/definition/deployment.ts'
import { defaultPolicy, firstHoldMs, holdMs } from '../../../../lib/core/definition/policy.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'

const day = 86_400_000
const holdOf = (timeoutMs: number) => firstHoldMs({ ...defaultPolicy, timeoutMs })

describe('the first hold', () => {
  it('is two minutes for a short job, and a tick longer than its lease for a longer one', () => {
    expect([1_000, 51_000, 51_001, 120_000].map(holdOf)).toEqual([120_000, 120_000, 120_001, 189_000])
  })

  it('doubles with each send, up to an hour', () => {
    const short = { ...defaultPolicy, timeoutMs: 1_000 }
    expect([0, 1, 2, 4, 5, 100].map(sends => holdMs(short, sends) / 60_000)).toEqual([2, 4, 8, 32, 60, 60])
  })
})

it('a queue keeps its messages 4 days and its dead letters 14, after 1,000 receives', () => {
  expect(queueDefinitions(defineRunner({ jobs: [] }))).toEqual([
    {
      queue: 'default',
      // Without a job only the room to record is left.
      functionTimeoutMs: 6_000,
      visibilityTimeoutMs: 6_000,
      retentionMs: 4 * day,
      maxReceiveCount: 1_000,
      deadLetterRetentionMs: 14 * day,
      enqueuesInto: [],
      windowedInto: [],
      hasOnFailed: false,
    },
  ])
})

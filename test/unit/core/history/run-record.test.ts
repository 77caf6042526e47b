import { expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import type { History } from '../../../../lib/core/definition/runner.ts'
import { runFrom, runRecordOf } from '../../../../lib/core/history/run-record.ts'
import type { Job } from '../../../../lib/core/job/job.ts'
import { changesOf, jobWith, sunday } from '../../../support/job-changes.ts'

const running = jobWith({ state: 'IN_PROGRESS', owner: 'A', attempt: 1, startedAt: sunday - 500 })

function recordOf(history: History, changes: Partial<Job>, run: Job = running) {
  const [change] = changesOf(run, { ...run, ...changes })
  return change === undefined ? undefined : runRecordOf(change, history, defaultPolicy)
}

const error = JSON.stringify({
  name: 'TimeoutError',
  message: 'no answer',
  stack: `at send (mail.ts:4)${'x'.repeat(9_000)}`,
})

it('holds what a person asks of a run', () => {
  const record = recordOf('failed', { state: 'FAILED', error, finishedAt: sunday })
  expect(record).toMatchObject({ id: 'job-1', part: 'run#k3J9aQ#0001#0001' })
  if (record === undefined) throw new Error('no record')
  expect(runFrom(record)).toMatchObject({
    generation: 1,
    attempt: 1,
    outcome: 'failed',
    type: 'send-mail',
    queue: 'mails',
    startedAt: sunday - 500,
    endedAt: sunday,
    runMs: 500,
    error: { name: 'TimeoutError', message: 'no answer' },
  })
  expect(runFrom(record)?.error?.stack).toHaveLength(2_048)
})

it.each([
  ['failed', { state: 'COMPLETED' }, 1, false],
  ['failed', { state: 'COMPLETED' }, 2, true],
  ['failed', { state: 'COMPLETED', snoozes: 1 }, 2, false],
  ['failed', { state: 'RETRY' }, 1, true],
  ['failed', { state: 'RETRY', snoozes: 1 }, 1, false],
  ['failed', { state: 'CANCELLED' }, 1, true],
  ['failed', { state: 'RESERVED', crashes: 1 }, 1, true],
  ['all', { state: 'COMPLETED' }, 1, true],
  ['all', { state: 'RETRY', snoozes: 1 }, 1, true],
  ['none', { state: 'FAILED' }, 1, false],
] as const)('history %s: %j of attempt %i is kept: %s', (history, changes, attempt, isKept) => {
  const snoozes = 'snoozes' in changes && changes.state === 'COMPLETED' ? { snoozes: 1 } : {}
  const record = recordOf(history, changes, { ...running, attempt, ...snoozes })
  expect(record !== undefined).toBe(isKept)
})

it('a run that crashed left no error, and no duration', () => {
  const record = recordOf('all', { owner: 'B', crashes: 1, error })
  if (record === undefined) throw new Error('no record')
  expect(runFrom(record)).toMatchObject({ outcome: 'crashed', error: undefined, runMs: undefined })
})

it('nothing is kept of a change that ends no run', () => {
  expect(recordOf('all', { progress: 5 })).toBeUndefined()
  expect(
    runFrom({ id: 'job-1', part: 'run#x', attributes: { generation: 1, attempt: 1, outcome: 'odd' } }),
  ).toBeUndefined()
})

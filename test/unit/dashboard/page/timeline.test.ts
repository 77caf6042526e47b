import { describe, expect, it } from 'vitest'
import { lookOf, type Step, stepsOf, widthOf } from '../../../../lib/dashboard/page/timeline.ts'
import type { JobShown, RunShown } from '../../../../lib/dashboard/page/types.ts'

const job: JobShown = {
  id: '1',
  type: 'send',
  queue: 'mails',
  state: 'AVAILABLE',
  attempt: 0,
  maxAttempts: 3,
  crashes: 0,
  snoozes: 0,
  generation: 1,
  priority: 0,
  tags: [],
  input: {},
  insertedAt: '2026-11-26T12:00:00.000Z',
  scheduledAt: '2026-11-26T12:00:00.000Z',
}
const run = (attempt: number, outcome: string, rest: Partial<RunShown>): RunShown => ({
  generation: 1,
  attempt,
  outcome,
  type: 'send',
  queue: 'mails',
  ...rest,
})
const second = (seconds: number): string => new Date(Date.parse(job.insertedAt) + seconds * 1_000).toISOString()
const now = Date.parse(second(100))

const said = (step: Step): string => {
  if (step.kind === 'moment') return `${step.mark} ${step.text}`
  return step.kind === 'wait' ? `${step.text} ${step.ms}` : `${step.name} ${step.mark} ${step.outcome} ${step.ms}`
}
const told = (of: Partial<JobShown>, runs: readonly RunShown[] = []): readonly string[] =>
  stepsOf({ ...job, ...of }, runs, now).map(said)

describe('the steps of a job', () => {
  it('that waits', () => expect(told({})).toEqual(['● enqueued', 'has waited 100000']))

  it('that is scheduled', () =>
    expect(told({ state: 'SCHEDULED', scheduledAt: second(160) })).toEqual(['● enqueued', 'due in 60000']))

  it('that waits for a signal', () =>
    expect(told({ state: 'WAITING', scheduledAt: second(160) }, [run(1, 'suspended', {})]).slice(-2)).toEqual([
      expect.stringMatching(/^1 ☾ suspended/),
      'waits, next look in 60000',
    ]))

  it('that runs', () =>
    expect(told({ state: 'IN_PROGRESS', attempt: 1, startedAt: second(99) })).toEqual([
      '● enqueued',
      'waited 99000',
      '1 ▶ running 1000',
    ]))

  it('that failed, from the runs that are listed the newest first', () => {
    const runs = [
      run(2, 'failed', { startedAt: second(20), endedAt: second(50), runMs: 30_000 }),
      run(1, 'retried', { startedAt: second(1), endedAt: second(8), runMs: 7_000 }),
    ]
    expect(told({ state: 'FAILED', attempt: 2, finishedAt: second(50) }, runs)).toEqual([
      '● enqueued',
      'waited 1000',
      '1 ↻ retried 7000',
      'waited 12000',
      '2 ✕ failed 30000',
      '✕ failed',
    ])
  })

  it('that crashed: nobody knows how long it ran', () => {
    const runs = [run(1, 'crashed', { startedAt: second(1) })]
    expect(told({ state: 'RETRY', attempt: 1, scheduledAt: second(130) }, runs)).toEqual([
      '● enqueued',
      'waited 1000',
      '1 ⚡ crashed undefined',
      'due in 30000',
    ])
  })

  it('that was retried by hand says of which life a run is', () => {
    const runs = [run(1, 'completed', { generation: 2, startedAt: second(60), endedAt: second(61), runMs: 1_000 })]
    const steps = told({ state: 'COMPLETED', generation: 2, attempt: 1, finishedAt: second(61) }, runs)
    expect(steps).toEqual(['● enqueued', 'waited 60000', '2.1 ✓ completed 1000', '✓ completed'])
  })

  it('whose successful run is not kept still ends', () =>
    expect(told({ state: 'COMPLETED', attempt: 1, finishedAt: second(3) })).toEqual(['● enqueued', '✓ completed']))

  it('of clocks that disagree has no negative span', () => {
    const runs = [run(1, 'failed', { startedAt: second(-5), endedAt: second(-1), runMs: 4_000 })]
    for (const step of stepsOf({ ...job, state: 'FAILED', finishedAt: second(-1) }, runs, now)) {
      expect(step.kind === 'wait' ? step.ms : 0).toBeGreaterThanOrEqual(0)
    }
  })
})

it('each outcome looks different, and one that is not known yet has a look', () => {
  const names = ['completed', 'failed', 'retried', 'crashed', 'cancelled', 'snoozed', 'running', 'of a later release']
  expect(new Set(names.map(name => lookOf(name)[1])).size).toBe(names.length)
})

it('a width grows by tens, and stays on the page', () => {
  const widths = [undefined, 1, 1_000, 60_000, 366 * 86_400_000].map(ms => widthOf(ms, 20))
  expect(widths).toEqual(widths.toSorted((a, b) => a - b))
  expect(widths.at(-1)).toBeLessThan(160)
})

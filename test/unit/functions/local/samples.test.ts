import { describe, expect, it } from 'vitest'
import type { SampleJob } from '../../../../functions/local/samples.ts'
import { SampleWatch } from '../../../../functions/local/samples.ts'
import type { Job } from '../../../../lib/core/job/job.ts'

const samples: readonly SampleJob[] = [
  { request: { type: 'good', input: {} }, endState: 'COMPLETED', attempts: 1 },
  { request: { type: 'bad', input: {} }, endState: 'FAILED', attempts: 2 },
]
const job = (id: string, state: Job['state'], attempt: number): { before: undefined; after: Job } => ({
  before: undefined,
  after: {
    id,
    type: 'any',
    queue: 'default',
    state,
    input: '{}',
    attempt,
    attemptsLeft: 1,
    scheduledAt: 0,
    insertedAt: 0,
    fence: 1,
    shard: 0,
  },
})

describe('the watch over the sample jobs', () => {
  it('finds no fault when all ended as they should, before or after it began to wait', async () => {
    const watch = new SampleWatch()
    watch.see(job('1', 'COMPLETED', 1))
    const faults = watch.faults(samples, ['1', '2'], 60_000)
    watch.see(job('2', 'RETRY', 1))
    watch.see(job('2', 'FAILED', 2))
    expect(await faults).toEqual([])
  })

  it('names a job that ended otherwise, and at which attempt', async () => {
    const watch = new SampleWatch()
    watch.see(job('1', 'FAILED', 1))
    watch.see(job('2', 'FAILED', 1))
    expect(await watch.faults(samples, ['1', '2'], 60_000)).toEqual([
      'good 1 ended FAILED at attempt 1; expected COMPLETED at attempt 1',
      'bad 2 ended FAILED at attempt 1; expected FAILED at attempt 2',
    ])
  })

  it('names a job that did not end in time', async () => {
    const watch = new SampleWatch()
    watch.see(job('1', 'COMPLETED', 1))
    expect(await watch.faults(samples, ['1', '2'], 10)).toEqual(['bad 2 did not end within 0.01 s; expected FAILED'])
  })
})

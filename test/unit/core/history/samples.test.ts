import { expect, it } from 'vitest'
import { maxSamples, sampleDerivations, samplesFrom } from '../../../../lib/core/history/samples.ts'
import { countingRecords, jobWith, sunday } from '../../../support/job-changes.ts'

const completions = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    sequence: String(from + index),
    at: sunday + from + index,
    before: jobWith({ id: `job-${from + index}` }),
    after: jobWith({ id: `job-${from + index}`, state: 'COMPLETED' }),
  }))

it('keeps the first twenty of each outcome of a minute', async () => {
  const { count } = countingRecords()
  const [first] = sampleDerivations(completions(1, 15))
  const record = await count(first)
  expect(samplesFrom(record).get('completed')).toHaveLength(15)
  const full = await count(sampleDerivations(completions(16, 15))[0])
  const samples = samplesFrom(full)
  expect(samples.get('completed')).toHaveLength(maxSamples)
  expect(samples.get('completed')?.[0]).toEqual({ id: 'job-20', at: sunday + 20 })
  expect(samples.get('failed')).toEqual([])
  const [late] = sampleDerivations(completions(40, 3))
  expect(await count(late)).toEqual(full)
})

it('takes none of a job that is only enqueued or started', () => {
  const running = jobWith({ state: 'IN_PROGRESS', owner: 'A' })
  expect(sampleDerivations([{ sequence: '1', at: sunday, before: jobWith(), after: running }])).toEqual([])
})

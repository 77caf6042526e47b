import { describe, expect, it } from 'vitest'
import { handlers } from '../../../functions/handlers.ts'
import { healthOf } from '../../../functions/jobs/report-health.ts'
import { runner } from '../../../functions/jobs.ts'
import { createTestRunner } from '../../../lib/testing.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }

describe('the health report', () => {
  it('has the figures of this process, and of a day some more', () => {
    const { memory, heapUsed, uptime, daily } = healthOf(undefined, { logger })
    expect(memory).toBeGreaterThan(heapUsed)
    expect(heapUsed).toBeGreaterThan(1)
    expect(uptime).toBeGreaterThanOrEqual(0)
    expect(daily).toBeUndefined()
    expect(healthOf('2027-06-01', { logger }).daily).toMatchObject({
      day: '2027-06-01',
      timeZones: process.versions['tz'],
    })
  })

  it('is made each minute and once a night, each to the second', async () => {
    const test = createTestRunner({ runner, handlers, startAt: '2027-06-01T00:28:30Z' })
    const runs: string[] = []
    for (let minute = 0; minute < 4; minute += 1) {
      await test.advance('1m')
      for (const event of test.events.splice(0)) if (event.name === 'job_completed') runs.push(event.id)
    }
    const jobs = await Promise.all(runs.map(id => test.get(id)))
    const seen = jobs.map(job => [job?.schedule, job?.startedAt, job?.input])
    const order = (entry: readonly unknown[]): string => entry.slice(0, 2).join(' ')
    expect(seen.toSorted((a, b) => order(a).localeCompare(order(b)))).toEqual([
      ['health', '2027-06-01T00:29:00.000Z', {}],
      ['health', '2027-06-01T00:30:00.000Z', {}],
      ['health', '2027-06-01T00:31:00.000Z', {}],
      ['health', '2027-06-01T00:32:00.000Z', {}],
      ['nightly-health', '2027-06-01T00:30:00.000Z', { day: '2027-06-01' }],
    ])
  })
})

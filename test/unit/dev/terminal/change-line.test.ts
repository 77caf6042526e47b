import { describe, expect, it } from 'vitest'
import type { Job } from '../../../../lib/core/job/job.ts'
import { errorText } from '../../../../lib/core/job/job-error.ts'
import { changeLine } from '../../../../lib/dev/terminal/change-line.ts'

const now = new Date(2026, 10, 22, 12, 0, 1, 123).getTime()
const job: Job = {
  id: '01a20175-754b-74b1-af3e-c8c6f4000694',
  type: 'deliver-webhook',
  queue: 'default',
  state: 'RESERVED',
  input: '{}',
  attempt: 0,
  attemptsLeft: 5,
  scheduledAt: now,
  insertedAt: now,
  fence: 1,
  shard: 0,
}
const running: Job = { ...job, state: 'IN_PROGRESS', attempt: 1 }
const line = (before: Job | undefined, after: Partial<Job>): string =>
  changeLine({ before, after: { ...(before ?? job), ...after } }, now)
const what = (before: Job | undefined, after: Partial<Job>): string =>
  line(before, after)
    .split(/\s{2,}/)
    .slice(3)
    .join(' ')

describe('the line about a change', () => {
  it('has time, type, the end of the id, state and what happened', () => {
    expect(line(undefined, {})).toBe(
      '12:00:01.123  deliver-webhook   …000694  RESERVED     enqueued (01a20175-754b-74b1-af3e-c8c6f4000694)',
    )
  })

  it.each<[string, Job | undefined, Partial<Job>, string]>([
    [
      'a delayed job',
      undefined,
      { state: 'SCHEDULED', scheduledAt: now + 4_900 },
      'SCHEDULED due in 5 s (01a20175-754b-74b1-af3e-c8c6f4000694)',
    ],
    ['a first run', job, { state: 'IN_PROGRESS', attempt: 1 }, 'IN_PROGRESS attempt 1 of 5'],
    ['a run after a crash', running, { attempt: 2, crashes: 1 }, 'IN_PROGRESS attempt 2 of 5, after a crash'],
    [
      'a failure',
      running,
      { state: 'RETRY', scheduledAt: now + 1_900, error: '{"name":"Error","message":"503 from receiver"}' },
      'RETRY 503 from receiver, again in 2 s (attempt 1 of 5)',
    ],
    ['a snooze', running, { state: 'RETRY', scheduledAt: now + 60_000, snoozes: 1 }, 'RETRY snoozed, again in 60 s'],
    [
      'a completion',
      running,
      { state: 'COMPLETED', startedAt: now - 1_240, finishedAt: now, result: '{"rows":2}' },
      'COMPLETED in 1.2 s: {"rows":2}',
    ],
    [
      'the end of all attempts',
      { ...running, attempt: 5 },
      { state: 'FAILED', error: 'odd' },
      'FAILED odd (attempt 5 of 5)',
    ],
    [
      'a recovery',
      running,
      { state: 'RESERVED', crashes: 1 },
      'RESERVED its run ended without a word; sent to a worker again',
    ],
    ['a requeue', { ...job, state: 'FAILED' }, { state: 'RESERVED', generation: 2 }, 'RESERVED enqueued again'],
    ['a cancelled run', running, { state: 'CANCELLED' }, 'CANCELLED while it was running'],
  ])('tells %s', (_, before, after, expected) => {
    expect(what(before, after)).toBe(expected)
  })

  it.each<[string, Job | undefined, Partial<Job>]>([
    ['enqueued', undefined, { insertedAt: now }],
    ['started', job, { state: 'IN_PROGRESS', startedAt: now, insertedAt: now - 9_000 }],
    ['completed', running, { state: 'COMPLETED', startedAt: now - 5_000, finishedAt: now }],
    ['failed', running, { state: 'FAILED', startedAt: now - 5_000, finishedAt: now }],
  ])('shows when a job was %s, not when that became known', (_, before, after) => {
    const text = changeLine({ before, after: { ...(before ?? job), ...after } }, now + 3_000)
    expect(text).toMatch(/^12:00:01\.123 /)
  })

  it('marks an error that was cut while the job waits for a retry', () => {
    const said = (message: string): string =>
      what(running, { state: 'RETRY', scheduledAt: now, error: errorText({ name: 'Error', message }, 96) })
    expect(said('mail service said 503 after a rather long explanation of what went wrong')).toBe(
      'RETRY mail service said 503 after a rather long explanation of what we…, again in 0 ms (attempt 1 of 5)',
    )
    expect(said('mail service said 503')).toBe('RETRY mail service said 503, again in 0 ms (attempt 1 of 5)')
  })

  it('lets nothing through that could forge a line or colour the terminal', () => {
    const evil = 'x\n12:00:00.000  fake\u001b[31m\u2028\u202e'
    const text = line(
      { ...running, type: evil, id: evil },
      { state: 'FAILED', error: JSON.stringify({ message: evil }) },
    )
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
  })

  it('keeps a long result and a long error short', () => {
    const long = 'x'.repeat(5_000)
    expect(line(running, { state: 'COMPLETED', result: long }).length).toBeLessThan(200)
    expect(line(running, { state: 'FAILED', error: JSON.stringify({ message: long }) }).length).toBeLessThan(250)
  })
})

import { describe, expect, it } from 'vitest'
import type { Job } from '../../../../lib/core/job/job.ts'
import { type ExplainFacts, explain } from '../../../../lib/core/lookup/explain.ts'
import { type ReasonCode, reasonCodes } from '../../../../lib/core/lookup/reason-codes.ts'
import { formatInstant } from '../../../../lib/core/values/instant.ts'

const now = 1_798_761_600_000
const minute = 60_000
const at = (minutes: number) => formatInstant(now + minutes * minute)

const waiting: Job = {
  id: 'a',
  type: 'mail',
  queue: 'mails',
  state: 'RESERVED',
  input: '{}',
  attempt: 0,
  attemptsLeft: 5,
  scheduledAt: now - minute,
  insertedAt: now - minute,
  dispatches: 1,
  fence: 1,
  shard: 0,
  lane: 'mails#live#0',
  lookAt: now + minute,
}
const healthy: ExplainFacts = { isTypeKnown: true, isQueueKnown: true, mapping: 'Enabled', ahead: 0, hasRow: true }

interface Row {
  readonly job?: Partial<Job>
  readonly facts?: Partial<ExplainFacts>
  readonly code: ReasonCode
  readonly says: string
  readonly until?: string
  readonly isLeftAlone?: true
}

const error = '{"name":"HttpError","message":"503"}'
const rows: readonly Row[] = [
  {
    code: 'ended',
    job: { state: 'COMPLETED', finishedAt: now },
    says: `It is COMPLETED at ${at(0)}.`,
    isLeftAlone: true,
  },
  {
    code: 'ended',
    job: { state: 'FAILED', finishedAt: now, error },
    says: 'FAILED at 2027-01-01T00:00:00.000Z: HttpError: 503',
  },
  { code: 'ended', job: { state: 'CANCELLED' }, says: 'It is CANCELLED.' },
  {
    code: 'skipped',
    job: { state: 'CANCELLED', code: 'overlap', after: 'b' },
    says: 'the occurrence before it, b, had not',
  },
  { code: 'expired', job: { state: 'CANCELLED', code: 'expired', startBy: now }, says: `did not start by ${at(0)}` },
  {
    code: 'running',
    job: { state: 'IN_PROGRESS', attempt: 2, startedAt: now - minute, leaseUntil: now + minute },
    says: `Attempt 2 runs since ${at(-1)}.`,
    until: at(1),
  },
  {
    code: 'stopping',
    job: { state: 'IN_PROGRESS', leaseUntil: now + minute, cancelRequestedAt: now - 1 },
    says: 'was asked to stop',
    until: at(1),
    isLeftAlone: true,
  },
  {
    code: 'lease_over',
    job: { state: 'IN_PROGRESS', leaseUntil: now - 1, cancelRequestedAt: now - 1 },
    says: 'its lease is over',
    until: at(1),
  },
  {
    code: 'limit',
    job: { state: 'AVAILABLE', gate: 'mail/a42', parked: now - minute },
    facts: { line: { limit: { concurrency: 3 }, heldBy: ['b', 'c', 'd'], ahead: 17, isExact: true } },
    says: `at the gate 'mail/a42' since ${at(-1)}: 3 of its 3 places are held, and 17 jobs are ahead`,
  },
  {
    code: 'limit',
    job: { state: 'AVAILABLE', gate: 'mail/a42', parked: now },
    facts: { line: { limit: { concurrency: 1 }, heldBy: ['b'], ahead: 10_000, isExact: false } },
    says: '1 of its 1 place are held, and at least 10000 jobs',
  },
  {
    code: 'behind',
    job: { state: 'AVAILABLE', fence: 0, parked: now - minute },
    facts: { room: { window: 200, ahead: 1, isExact: true } },
    says: `waits in the table since ${at(-1)} until its queue 'mails', which holds 200 messages, has room: 1 job is ahead`,
  },
  { code: 'not_understood', job: { state: 'BLOCKED' as never }, says: 'A newer release' },
  {
    code: 'waits',
    job: { state: 'WAITING' as const, scheduledAt: now + minute },
    facts: { waits: [{ signal: 'approved', until: now + minute }] },
    // Its own `until` says when.
    says: "Its handler waits for the signal 'approved'.",
    until: at(1),
  },
  {
    code: 'waits',
    job: { state: 'WAITING' as const, scheduledAt: now + minute },
    facts: {
      waits: [
        { signal: 'approved', until: now + minute },
        { signal: 'paid', until: now + 2 * minute },
      ],
    },
    says: `the signal 'approved', until ${at(1)}; and for the signal 'paid', until ${at(2)}.`,
    until: at(1),
  },
  {
    code: 'limit',
    job: { state: 'AVAILABLE', gate: 'mail/a42', pass: 0, parked: now },
    facts: {
      line: {
        limit: { rate: { everyUs: 15_000_000, slackUs: 0 } },
        nextSlotAt: now + minute,
        heldBy: [],
        ahead: 4,
        isExact: true,
      },
    },
    says: 'a job starts every 15 s, and 4 jobs are ahead of it',
    until: at(2),
  },
  {
    code: 'rate',
    job: { state: 'RETRY', gate: 'mail/a42', fence: 2, pass: 2, scheduledAt: now + minute },
    says: `Its start at the gate 'mail/a42' is booked for ${at(1)}`,
    until: at(1),
  },
  { code: 'type_unknown', facts: { isTypeKnown: false }, says: "no job type 'mail'" },
  { code: 'queue_unknown', facts: { isQueueKnown: false }, says: "no queue 'mails'" },
  {
    code: 'queue_paused',
    facts: { pause: { at: now - minute, by: 'alice', why: 'SMTP down', until: now + minute }, mapping: 'Disabled' },
    says: `Queue 'mails' is paused since ${at(-1)} by alice (SMTP down).`,
    until: at(1),
  },
  { code: 'mapping_disabled', facts: { mapping: 'Disabled' }, says: "mapping of queue 'mails' is Disabled" },
  {
    code: 'due_later',
    job: { state: 'SCHEDULED', scheduledAt: now + 9 * minute, dispatches: 0 },
    says: at(9),
    until: at(9),
  },
  {
    code: 'retry_waiting',
    job: { state: 'RETRY', scheduledAt: now + minute, attempt: 2, error },
    says: 'after attempt 2 of 5, which ended with HttpError: 503',
    until: at(1),
  },
  { code: 'row_missing', job: { lookAt: now - 2 * minute }, facts: { hasRow: false }, says: 'no row of it' },
  { code: 'no_start', job: { dispatches: 3 }, says: 'sent 3 times and no worker', until: at(1) },
  {
    code: 'in_line',
    facts: { ahead: 60, startsPerMinute: 30 },
    says: '60 jobs are ahead of it; 30 start',
    until: at(2),
  },
  { code: 'in_line', facts: { ahead: 60, startsPerMinute: 0 }, says: 'none started' },
  { code: 'message_sent', says: 'Its message is in the queue.', until: at(1), isLeftAlone: true },
  { code: 'not_sent', job: { state: 'AVAILABLE' }, says: 'not sent yet', until: at(2), isLeftAlone: true },
]

describe('the first reason', () => {
  it.each(rows)('$code: $says', ({ job, facts, code, says, until, isLeftAlone }) => {
    const [first] = explain({ ...waiting, ...job }, { ...healthy, ...facts }, now)
    expect(first.code).toBe(code)
    expect(first.text).toContain(says)
    expect(first.until).toBe(until)
    const isToDo = isLeftAlone !== true && first.until === undefined
    expect(first.todo !== undefined || !isToDo).toBe(true)
  })

  it('there is a row for each reason', () => {
    // It never decides alone: see below.
    expect(new Set([...rows.map(({ code }) => code), 'start_by'])).toEqual(new Set(reasonCodes))
  })
})

describe('the order of reasons', () => {
  const codes = (job: Partial<Job>, facts: Partial<ExplainFacts>) =>
    explain({ ...waiting, ...job }, { ...healthy, ...facts }, now).map(({ code }) => code)

  it('what stops the whole queue comes before what holds this job', () => {
    const facts = {
      isTypeKnown: false,
      pause: { at: now, by: 'alice' },
      mapping: 'Disabled',
      ahead: 5,
      startsPerMinute: 1,
    }
    expect(codes({ dispatches: 4 }, facts)).toEqual([
      'type_unknown',
      'queue_paused',
      'no_start',
      'in_line',
      'message_sent',
    ])
  })

  it('a job that is due later and already sent says both', () => {
    expect(codes({ state: 'SCHEDULED', scheduledAt: now + minute }, {})).toEqual(['due_later', 'message_sent'])
  })

  it('until when a job must start comes last, whatever holds it up', () => {
    const reasons = explain({ ...waiting, startBy: now + minute }, healthy, now)
    expect(reasons.at(-1)).toEqual({
      code: 'start_by',
      text: `It is cancelled if it does not start by ${at(1)}.`,
      until: at(1),
    })
    expect(reasons.length).toBeGreaterThan(1)
    expect(explain({ ...waiting, startBy: now - 1 }, healthy, now).at(-1)?.text).toContain('had to start by')
  })

  it('a young row need not be in the index yet', () => {
    expect(codes({ lookAt: now + 1 }, { hasRow: false })).toEqual(['message_sent'])
    expect(codes({ lookAt: now - 61_000 }, {})).toEqual(['message_sent'])
  })

  it('a job without a lane has no row, whatever was read', () => {
    const { lane: _, ...job } = waiting
    expect(explain({ ...job, state: 'AVAILABLE' }, healthy, now).map(({ code }) => code)).toEqual(['row_missing'])
  })
})

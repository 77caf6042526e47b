import { describe, expect, it } from 'vitest'
import { type HealthFacts, healthCodes, healthOf } from '../../../../lib/core/lookup/health.ts'

const now = 1_798_761_600_000
const lastTick = { endedAt: now - 30_000, looked: 1, setAside: 0, leftOver: 0, oldestDueMs: 0, isComplete: true }
const fine: HealthFacts = {
  lastTick,
  lateMs: 0,
  recorder: { asOf: now, behindMs: undefined, gapUntil: undefined },
  failed: 0,
  crashed: 0,
  paused: [],
}

describe('healthOf', () => {
  it('is ok without a reason', () => {
    expect(healthOf(fine, now)).toEqual({ verdict: 'ok', reasons: [] })
  })

  const cases: readonly (readonly [string, 'alarm' | 'warning', Partial<HealthFacts>, Partial<HealthFacts>])[] = [
    ['no_tick', 'alarm', { lastTick: undefined }, {}],
    [
      'no_tick',
      'alarm',
      { lastTick: { ...lastTick, endedAt: now - 180_001 } },
      { lastTick: { ...lastTick, endedAt: now - 180_000 } },
    ],
    ['due_late', 'alarm', { lateMs: 180_001 }, { lateMs: 180_000 }],
    ['set_aside', 'alarm', { lastTick: { ...lastTick, setAside: 1 } }, {}],
    ['tick_cut_short', 'warning', { lastTick: { ...lastTick, isComplete: false } }, {}],
    [
      'recorder_behind',
      'warning',
      { recorder: { ...fine.recorder, behindMs: 60_001 } },
      { recorder: { ...fine.recorder, behindMs: 60_000 } },
    ],
    ['recorder_gap', 'warning', { recorder: { ...fine.recorder, gapUntil: now } }, {}],
    ['jobs_failed', 'warning', { failed: 1 }, {}],
    ['jobs_crashed', 'warning', { crashed: 1 }, {}],
    ['queue_paused', 'warning', { paused: ['mails'] }, {}],
  ]

  it.each(cases)('%s is %s', (code, level, bad, good) => {
    const { verdict, reasons } = healthOf({ ...fine, ...bad }, now)
    expect(verdict).toBe(level)
    expect(reasons).toMatchObject([
      { code, level, text: expect.stringMatching(/./), todo: expect.stringMatching(/\.$/) },
    ])
    expect(healthOf({ ...fine, ...good }, now).verdict).toBe('ok')
  })

  it('has a case for each code', () => {
    expect(new Set(cases.map(([code]) => code))).toEqual(new Set(healthCodes))
  })

  it('names alarms before warnings', () => {
    const { verdict, reasons } = healthOf({ ...fine, failed: 2, lateMs: 200_000 }, now)
    expect(verdict).toBe('alarm')
    expect(reasons.map(({ code }) => code)).toEqual(['due_late', 'jobs_failed'])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultPolicy, firstHoldMs, holdMs, lastWorkingInstant, leaseMs } from '../../../lib/core/definition/policy.ts'
import { jobIdFromKey, newJobId } from '../../../lib/core/job/ids.ts'
import { shardOf } from '../../../lib/core/job/lane.ts'
import { messageOf, parseMessage } from '../../../lib/core/job/message.ts'
import { refuseUnknownKeys } from '../../../lib/core/values/check-options.ts'
import { durationMs, formatMs } from '../../../lib/core/values/duration.ts'
import { InvalidInput, show } from '../../../lib/core/values/errors.ts'
import { formatInstant, instantOf, parseInstant } from '../../../lib/core/values/instant.ts'

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ])('%s', (text, expected) => {
    expect(durationMs('d', text, 0, 1e12)).toBe(expected)
  })

  it.each(['', '5', '5 m', '-5m', '5y', '1e3s', 'm', '5M', null, 5, {}])('%o is refused with the units', value => {
    expect(() => durationMs('delay', value, 0, 1e12)).toThrow(/^delay is .*units ms, s, m, h, d/)
  })

  it('outside its range names the range', () => {
    expect(() => durationMs('timeout', '20m', 1_000, 900_000)).toThrow("timeout is '20m'; allowed: 1s to 15m")
  })

  it('are shown as the shortest exact text', () => {
    fc.assert(fc.property(fc.nat(1e9), ms => durationMs('d', formatMs(ms), 0, 1e12) === ms))
    expect([90_000, 3_600_000, 500].map(formatMs)).toEqual(['90s', '1h', '500ms'])
  })
})

describe('ids', () => {
  it('of one key are one, of different types or keys different, also where the texts run together', () => {
    expect(jobIdFromKey('mail', 'a')).toBe(jobIdFromKey('mail', 'a'))
    expect(jobIdFromKey('mail', 'a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const pairs = [
      ['mail', 'a'],
      ['mai', 'la'],
      ['mail', 'b'],
      ['2:ma', 'il'],
      ['m', 'ail:a'],
    ] as const
    expect(new Set(pairs.map(([type, key]) => jobIdFromKey(type, key))).size).toBe(pairs.length)
  })

  it('that are random sort by time', () => {
    const random = new Uint8Array(16).fill(7)
    expect(newJobId(1_000, random) < newJobId(2_000, random)).toBe(true)
    expect(newJobId(1_798_761_600_000, random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(newJobId(1_000, new Uint8Array(16).fill(8))).not.toBe(newJobId(1_000, random))
  })
})

describe('shards', () => {
  it('are within range, always the same for an id, and even', () => {
    const counts = Array.from({ length: 16 }, () => 0)
    for (let index = 0; index < 16_000; index += 1) {
      const shard = shardOf(
        newJobId(
          1_798_761_600_000 + index,
          Uint8Array.from({ length: 16 }, (_, i) => (index * 31 + i * 17) % 256),
        ),
        16,
      )
      counts[shard] = (counts[shard] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThan(800)
    expect(Math.max(...counts)).toBeLessThan(1_200)
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 1_024 }),
        (id, n) => shardOf(id, n) >= 0 && shardOf(id, n) < n,
      ),
    )
  })
})

describe('instants', () => {
  it('sort as text in the order of time, and come back', () => {
    const instant = fc.integer({ min: 0, max: 4_102_444_800_000 })
    fc.assert(
      fc.property(
        instant,
        instant,
        (a, b) =>
          Math.sign(a - b) ===
          Math.sign(formatInstant(a) < formatInstant(b) ? -1 : formatInstant(a) > formatInstant(b) ? 1 : 0),
      ),
    )
    fc.assert(fc.property(instant, at => parseInstant(formatInstant(at)) === at))
  })

  it.each(['2027-01-31T09:00:00', '2027-01-31', '2027-02-30T00:00:00Z', 'tomorrow', '2027-01-31 09:00Z', ''])(
    '%o is none: no zone, no such day, no form',
    text => {
      expect(parseInstant(text)).toBeUndefined()
    },
  )

  it('may be a Date, but not an invalid one, nor a number', () => {
    expect(instantOf(new Date(5))).toBe(5)
    expect(instantOf(new Date(Number.NaN))).toBeUndefined()
    expect(instantOf(5)).toBeUndefined()
    expect(instantOf('2027-01-31T09:00:00+02:00')).toBe(Date.UTC(2027, 0, 31, 7))
  })
})

describe('messages', () => {
  it('come back as they were sent', () => {
    const message = messageOf({ id: 'a', fence: 3, type: 't' }, 5)
    expect(message).toEqual({ v: 1, id: 'a', fence: 3, type: 't', at: 5 })
    expect(parseMessage(JSON.stringify(message))).toEqual(message)
  })

  it('anything else is none of ours, and never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), body => parseMessage(body) === undefined))
  })
})

describe('times of a policy', () => {
  it('lease, holds and deadline of the default', () => {
    expect(leaseMs(defaultPolicy)).toBe(69_000)
    expect(firstHoldMs(defaultPolicy)).toBe(129_000)
    expect([0, 1, 2, 3, 4, 5, 60].map(n => holdMs(defaultPolicy, n) / 1_000)).toEqual([
      129, 258, 516, 1_032, 2_064, 3_600, 3_600,
    ])
    expect(lastWorkingInstant(100_000)).toBe(91_000)
  })

  it('a hold is never shorter than the lease and a tick, whatever the timeout', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 885_000 }), fc.nat(100), (timeoutMs, sends) => {
        const policy = { ...defaultPolicy, timeoutMs }
        return holdMs(policy, sends) >= leaseMs(policy) + 60_000 && holdMs(policy, sends) <= 3_600_000
      }),
    )
  })
})

describe('what an error shows of a value', () => {
  it('is bounded and holds no control characters', () => {
    fc.assert(
      fc.property(fc.anything(), value => {
        const text = show(value)
        return text.length <= 81 && !/\p{Cc}/u.test(text)
      }),
    )
    expect(new InvalidInput('runAt', 'x\n\u001b[31m', 'a time').message).toBe("runAt is 'x  [31m'; allowed: a time")
  })

  it('an unknown option names the nearest known one', () => {
    expect(() => refuseUnknownKeys('job', { dealy: 1 }, ['delay', 'runAt'])).toThrow("did you mean 'delay'?")
    expect(() => refuseUnknownKeys('job', { colour: 1 }, ['delay', 'runAt'])).toThrow(/allowed: delay, runAt$/)
  })
})

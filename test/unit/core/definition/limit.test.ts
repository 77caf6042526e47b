import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { JobLimit, JobRate } from '../../../../lib/core/definition/contract.ts'
import {
  atGate,
  concurrencyOf,
  gateOf,
  hasLimits,
  keyOfGate,
  limitIn,
  limitOf,
  typeOfGate,
} from '../../../../lib/core/definition/limit.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'

const key = (input: unknown) => String(input)

describe('a limit', () => {
  it.each([
    [{ key, concurrency: 0 }, 'concurrency is 0; allowed: a whole number from 1 to 100'],
    [{ key, concurrency: 101 }, 'concurrency is 101; allowed: a whole number from 1 to 100'],
    [{ key, concurrency: 1.5 }, 'concurrency is 1.5'],
    [{ key, concurrency: '3' }, "concurrency is '3'"],
    [{ key }, 'allowed: concurrency, rate, or both'],
    [{}, 'allowed: concurrency, rate, or both'],
    [{ key: null, concurrency: 1 }, 'key is null; allowed: a function of the input'],
    [{ rate: 5 }, 'rate is 5; allowed: an object of options'],
    [{ rate: { count: 0, per: '1s' } }, 'rate.count is 0; allowed: a whole number from 1 to 100000'],
    [{ rate: { count: 1 } }, 'rate.per is undefined; allowed: a duration'],
    [{ rate: { count: 1, per: 1_000 } }, 'rate.per is 1000; allowed: a duration'],
    [{ rate: { count: 1, per: '999ms' } }, "rate.per is '999ms'; allowed: 1s to 7d"],
    [{ rate: { count: 1, per: '8d' } }, "rate.per is '8d'; allowed: 1s to 7d"],
    [{ rate: { count: 201, per: '2s' } }, 'rate.count is 201; allowed: 1 to 200 per 2s: 100 a second'],
    [{ rate: { count: 1, per: '1s', burst: 0 } }, 'rate.burst is 0; allowed: a whole number from 1 to 10000'],
    [
      { rate: { count: 1, per: '1s', brust: 2 } },
      "rate.brust is not an option; allowed: count, per, burst (did you mean 'burst'?)",
    ],
    [{ key: 'account', concurrency: 1 }, "key is 'account'; allowed: a function of the input"],
    [
      { key, concurrency: 1, rates: {} },
      "rates is not an option; allowed: key, concurrency, rate (did you mean 'rate'?)",
    ],
    ['3', 'an object of options'],
    [null, 'an object of options'],
  ])('%o is refused', (limit, message) => {
    expect(() => limitIn('limit', limit as unknown as JobLimit)).toThrow(message)
    expect(() => defineJob({ type: 'a', input: v.any(), limit: limit as never })).toThrow('defineJob(a).limit')
  })

  it.each([1, 100])('of %i is taken', concurrency => {
    expect(limitIn('limit', { key, concurrency }).concurrency).toBe(concurrency)
  })
})

const defaultQueue = defineRunner({ jobs: [], queues: { slow: { limit: { rate: { count: 1, per: '1s' } } } } })

describe('a rate', () => {
  const rateOf = (rate: JobRate) =>
    limitOf(defineRunner({ jobs: [defineJob({ type: 'sync', input: v.any(), limit: { rate } })] }), 'sync/')?.rate

  it.each([
    [
      { count: 10, per: '1s' },
      { everyUs: 100_000, slackUs: 0 },
    ],
    [
      { count: 10, per: '1s', burst: 20 },
      { everyUs: 100_000, slackUs: 1_900_000 },
    ],
    // Rounded up: never more than was asked for.
    [
      { count: 3, per: '1s', burst: 2 },
      { everyUs: 333_334, slackUs: 333_334 },
    ],
    [
      { count: 1, per: '7d' },
      { everyUs: 604_800_000_000, slackUs: 0 },
    ],
    [
      { count: 200, per: '2s' },
      { everyUs: 10_000, slackUs: 0 },
    ],
  ] as const)('of %o', (rate, numbers) => {
    expect(rateOf(rate)).toEqual(numbers)
  })

  it('marks its jobs, so that a release that knows no rates leaves them alone', () => {
    const limit = { key, rate: { count: 1, per: '1s' } } as const
    const { queues } = defaultQueue
    const sync = { type: 'sync', queue: 'default' }
    const queue = { type: 'sync', queue: 'slow' }
    expect(atGate({ queues }, { ...sync, limit }, 'a')).toEqual({ gate: 'sync/a', pass: 0 })
    expect(atGate({ queues }, { ...sync, limit: { key, concurrency: 1 } }, 'a')).toEqual({ gate: 'sync/a' })
    expect(atGate({ queues }, sync, 'a')).toEqual({})
    expect(atGate({ queues }, queue, 'a')).toEqual({ gate: '/slow', pass: 0 })
  })
})

it('without a key all jobs of the type share the limit', () => {
  expect(gateOf({ type: 'sync', limit: { concurrency: 1 } }, { any: 'input' })).toBe('sync/')
  expect(keyOfGate('sync/')).toBe('')
})

describe('the gate of an input', () => {
  const contract = (limit?: JobLimit) => ({ type: 'sync', ...(limit === undefined ? {} : { limit }) })

  it('is the type and the key', () => {
    const gate = gateOf(contract({ key, concurrency: 1 }), 'acct/42')
    expect(gate).toBe('sync/acct/42')
    expect([typeOfGate(gate ?? ''), keyOfGate(gate ?? '')]).toEqual(['sync', 'acct/42'])
  })

  it('is none where the contract has no limit', () => {
    expect(gateOf(contract(), 'a')).toBeUndefined()
  })

  it.each([
    ['', ''],
    ['x'.repeat(129), 'x'],
    [undefined, 'undefined'],
    [42, '42'],
    ['\ud800', 'limit.key'],
  ])('is refused for the key %o', (made, shown) => {
    const limited = contract({ key: () => made as string, concurrency: 1 })
    expect(() => gateOf(limited, {})).toThrow(/limit\.key is .*allowed: a function that gives text of 1 to 128/)
    expect(() => gateOf(limited, {})).toThrow(shown)
  })

  it('is refused with what the function threw', () => {
    const cause = new TypeError('no account')
    const limited = contract({
      key: () => {
        throw cause
      },
      concurrency: 1,
    })
    expect(() => gateOf(limited, {})).toThrow(expect.objectContaining({ code: 'invalid_input', cause }))
    expect(() => gateOf(limited, {})).toThrow('no account')
  })

  it('may be 128 characters long', () => {
    expect(gateOf(contract({ key: () => 'x'.repeat(128), concurrency: 1 }), {})).toHaveLength(133)
  })
})

it('what the deployed code allows', () => {
  const sync = defineJob({ type: 'sync', queue: 'mails', input: v.string(), limit: { key, concurrency: 3 } })
  const other = defineJob({ type: 'other', input: v.string() })
  const runner = defineRunner({ jobs: [sync, other], queues: { mails: {}, default: {} } })
  expect(['sync/a', 'other/a', 'gone/a', '__proto__/a'].map(gate => concurrencyOf(runner, gate))).toEqual([
    3,
    undefined,
    undefined,
    undefined,
  ])
  expect(['mails', 'default', 'gone'].map(queue => hasLimits(runner, queue))).toEqual([true, false, false])
})

import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { JobLimit } from '../../../../lib/core/definition/contract.ts'
import {
  concurrencyOf,
  gateOf,
  hasLimits,
  keyOfGate,
  limitIn,
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
    [{ key }, 'concurrency is undefined'],
    [{ concurrency: 1 }, 'key is undefined; allowed: a function of the input'],
    [{ key: 'account', concurrency: 1 }, "key is 'account'; allowed: a function of the input"],
    [{ key, concurrency: 1, rates: {} }, 'rates is not an option; allowed: key, concurrency'],
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

import { describe, expect, it } from 'vitest'
import { FailForGood, RetryAfter, reactionTo, Snooze } from '../../../../lib/core/definition/handler-errors.ts'

const named = (name: string, more: object = {}): Error => Object.assign(new Error('x'), { name }, more)

describe('what a handler may throw to steer its job', () => {
  it.each([
    [new FailForGood('no'), { kind: 'failForGood' }],
    [new RetryAfter('5s'), { kind: 'retryAfter', delayMs: 5_000, isExact: false }],
    [new RetryAfter('5s', 'busy', { exactly: true }), { kind: 'retryAfter', delayMs: 5_000, isExact: true }],
    [new Snooze('7s'), { kind: 'snooze', delayMs: 7_000 }],
    [new Error('no'), { kind: 'retry' }],
    ['no', { kind: 'retry' }],
    [{ name: 'FailForGood' }, { kind: 'retry' }],
  ])('%o', (thrown, expected) => {
    expect(reactionTo(thrown)).toEqual(expected)
  })

  it.each([
    [named('FailForGood'), { kind: 'failForGood' }],
    [named('RetryAfter', { delayMs: 5 }), { kind: 'retryAfter', delayMs: 5, isExact: false }],
    [named('RetryAfter', { delayMs: 5, isExact: true }), { kind: 'retryAfter', delayMs: 5, isExact: true }],
    [named('Snooze', { delayMs: 5 }), { kind: 'snooze', delayMs: 5 }],
    [named('Other', { delayMs: 5 }), { kind: 'retry' }],
    [named('RetryAfter'), { kind: 'retry' }],
    [named('RetryAfter', { delayMs: '5' }), { kind: 'retry' }],
    [named('Snooze'), { kind: 'retry' }],
    [named('Snooze', { delayMs: '5' }), { kind: 'retry' }],
  ])('of another copy of this package, by its name: %o', (thrown, expected) => {
    expect(reactionTo(thrown)).toEqual(expected)
  })

  it('may be a class of its own with another name', () => {
    class Gone extends FailForGood {}
    class Busy extends RetryAfter {}
    class Early extends Snooze {}
    expect(reactionTo(Object.assign(new Gone('no'), { name: 'Gone' }))).toEqual({ kind: 'failForGood' })
    expect(reactionTo(Object.assign(new Busy('5s'), { name: 'Busy' }))).toMatchObject({
      kind: 'retryAfter',
      delayMs: 5_000,
    })
    expect(reactionTo(Object.assign(new Early('7s'), { name: 'Early' }))).toEqual({ kind: 'snooze', delayMs: 7_000 })
  })

  it('carries a name and a message of its own', () => {
    const cause = new Error('busy')
    expect(new FailForGood('gone')).toMatchObject({ name: 'FailForGood', message: 'gone' })
    expect(new RetryAfter('5s')).toMatchObject({ name: 'RetryAfter', message: 'to be tried again in 5s' })
    expect(new RetryAfter('5s', 'busy', { cause })).toMatchObject({ message: 'busy', cause })
    expect(new Snooze('7s')).toMatchObject({ name: 'Snooze', message: 'snoozed for 7s' })
  })

  it('refuses a delay that is none, naming where it was given', () => {
    expect(() => new RetryAfter('soon' as '5s')).toThrow('RetryAfter.delay')
    expect(() => new Snooze('3651d')).toThrow("snooze.delay is '3651d'; allowed: 0ms to 3650d")
  })
})

import { describe, expect, it } from 'vitest'
import { repeatFailed } from '../../../../lib/core/values/repeat-failed.ts'

/** A clock that goes on by what is slept, or by more where the process stands still. */
function clockFrom(now = 0, frozenMs = 0) {
  const slept: number[] = []
  let at = now
  return {
    slept,
    now: () => at,
    sleep: (milliseconds: number) => {
      slept.push(milliseconds)
      at += milliseconds + frozenMs
      return Promise.resolve()
    },
  }
}

/** Answers with how often each entry was asked for; fails it that many times less one. */
function failing(times: Readonly<Record<string, number>>) {
  const asked: string[][] = []
  const ask = async (entries: readonly string[]) => {
    asked.push([...entries])
    return entries.map(entry => (asked.flat().filter(one => one === entry).length > (times[entry] ?? 0) ? 'ok' : 'bad'))
  }
  return { asked, ask, isBad: (answer: string) => answer === 'bad' }
}

describe('repeatFailed', () => {
  it('asks again for those that failed, after each delay, and keeps the order', async () => {
    const clock = clockFrom()
    const { asked, ask, isBad } = failing({ b: 1, c: 2 })
    const answers = await repeatFailed(['a', 'b', 'c', 'd'], ask, isBad, { clock, delaysMs: [100, 400] })
    expect(answers).toEqual(['ok', 'ok', 'ok', 'ok'])
    expect(asked).toEqual([['a', 'b', 'c', 'd'], ['b', 'c'], ['c']])
    expect(clock.slept).toEqual([100, 400])
  })

  it('gives up after the last delay, and answers with the last failure', async () => {
    const { asked, ask, isBad } = failing({ a: 9 })
    expect(await repeatFailed(['a'], ask, isBad, { clock: clockFrom(), delaysMs: [1, 1] })).toEqual(['bad'])
    expect(asked).toHaveLength(3)
  })

  it('asks for nothing when there is nothing to ask for, and once when nothing failed', async () => {
    const { asked, ask, isBad } = failing({})
    expect(await repeatFailed([], ask, isBad, { clock: clockFrom(), delaysMs: [1] })).toEqual([])
    expect(asked).toEqual([])
    await repeatFailed(['a'], ask, isBad, { clock: clockFrom(), delaysMs: [1] })
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['that would start at the last instant', 1_000, 0, []],
    ['after a sleep that took longer than it said', 1_050, 60_000, [100]],
  ])('starts no repeat %s', async (_, until, frozenMs, slept) => {
    const clock = clockFrom(900, frozenMs)
    const { asked, ask, isBad } = failing({ a: 9 })
    await repeatFailed(['a'], ask, isBad, { clock, delaysMs: [100], until: until + (frozenMs > 0 ? 1_000 : 0) })
    expect(asked).toHaveLength(1)
    expect(clock.slept).toEqual(slept)
  })
})

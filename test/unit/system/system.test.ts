import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../lib/system/clock.ts'
import { systemRandom } from '../../../lib/system/random.ts'

describe('systemClock', () => {
  it('sleeps no shorter than it was told', async () => {
    const begin = performance.now()
    await systemClock.sleep(20)
    // A timer may fire within the millisecond before.
    expect(performance.now() - begin).toBeGreaterThanOrEqual(19)
  })

  it('wakes at once when the signal aborts', async () => {
    const controller = new AbortController()
    const slept = systemClock.sleep(60_000, controller.signal)
    controller.abort()
    await expect(slept).resolves.toBeUndefined()
  })

  it('does not sleep under a signal that has aborted', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort())).resolves.toBeUndefined()
  })

  it('turns after the promises that are settled', async () => {
    const seen: string[] = []
    const turned = systemClock.turn().then(() => seen.push('turn'))
    await Promise.resolve().then(() => seen.push('promise'))
    await turned
    expect(seen).toEqual(['promise', 'turn'])
  })
})

describe('systemRandom', () => {
  it('gives so many bytes, never the same', () => {
    const [a, b] = [systemRandom.bytes(16), systemRandom.bytes(16)]
    expect([a.byteLength, b.byteLength]).toEqual([16, 16])
    expect(a).not.toEqual(b)
  })

  it('gives fractions from 0 to less than 1', () => {
    const fractions = Array.from({ length: 1_000 }, () => systemRandom.fraction())
    expect(fractions.every(value => value >= 0 && value < 1)).toBe(true)
    expect(new Set(fractions).size).toBeGreaterThan(990)
  })
})

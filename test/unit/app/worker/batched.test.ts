import { describe, expect, it } from 'vitest'
import { batched } from '../../../../lib/app/worker/batched.ts'
import { VirtualClock } from '../../../../lib/testing/virtual-clock.ts'

/** A flush that is answered when the test says so. */
function held() {
  const flushes: { entries: readonly number[]; answer: () => void }[] = []
  const flush = (entries: readonly number[]) =>
    new Promise<readonly string[]>(resolve => {
      flushes.push({ entries, answer: () => resolve(entries.map(entry => `<${entry}>`)) })
    })
  return { flushes, flush }
}

describe('calls of one turn', () => {
  it('share a flush; those that come while it is in flight share the next', async () => {
    const clock = new VirtualClock(0)
    const { flushes, flush } = held()
    const ask = batched(clock, flush)
    const first = [ask(1), ask(2)]
    await clock.settle()
    const second = [ask(3), ask(4)]
    await clock.settle()
    expect(flushes.map(({ entries }) => entries)).toEqual([[1, 2]])
    flushes[0]?.answer()
    await clock.settle()
    expect(flushes.map(({ entries }) => entries)).toEqual([
      [1, 2],
      [3, 4],
    ])
    flushes[1]?.answer()
    expect(await Promise.all([...first, ...second])).toEqual(['<1>', '<2>', '<3>', '<4>'])
  })

  it('do not wait for a flush that is a quarter of a second old', async () => {
    const clock = new VirtualClock(0)
    const { flushes, flush } = held()
    const ask = batched(clock, flush)
    void ask(1)
    await clock.settle()
    const late = ask(2)
    await clock.advance(249)
    expect(flushes).toHaveLength(1)
    await clock.advance(1)
    expect(flushes.map(({ entries }) => entries)).toEqual([[1], [2]])
    flushes[1]?.answer()
    expect(await late).toBe('<2>')
  })

  it('leave no timer behind once the flush is answered', async () => {
    const clock = new VirtualClock(0)
    const ask = batched(clock, async (entries: readonly number[]) => entries)
    expect(await ask(1)).toBe(1)
    await clock.settle()
    expect(clock.nextWakeAt()).toBeUndefined()
  })

  it('are all told of a flush that failed, or that answered too few of them', async () => {
    const clock = new VirtualClock(0)
    const failing = batched(clock, () => Promise.reject(new Error('no')))
    await expect(Promise.allSettled([failing(1), failing(2)])).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ])
    const short = batched(clock, async (entries: readonly number[]) => entries.slice(1))
    const [answered, missed] = await Promise.allSettled([short(1), short(2)])
    expect(answered).toMatchObject({ status: 'fulfilled' })
    expect(missed).toMatchObject({ reason: { message: 'a flush answered too few entries' } })
  })
})

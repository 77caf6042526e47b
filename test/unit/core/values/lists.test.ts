import { describe, expect, it } from 'vitest'
import { chunksOf, mapBounded, roundsOf } from '../../../../lib/core/values/lists.ts'

describe('mapBounded', () => {
  it('answers in the order given, whoever is ready first', async () => {
    const answers = await mapBounded([30, 1, 10], 3, async (wait, index) => {
      for (let turn = 0; turn < wait; turn += 1) await Promise.resolve()
      return `${index}:${wait}`
    })
    expect(answers).toEqual(['0:30', '1:1', '2:10'])
  })

  it('has no more under way than it may', async () => {
    let underWay = 0
    let most = 0
    await mapBounded(Array.from({ length: 20 }), 3, async () => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise(resolve => setImmediate(resolve))
      underWay -= 1
    })
    expect(most).toBe(3)
  })

  it('rejects when one does, once nothing is under way any more', async () => {
    const done: number[] = []
    const mapped = mapBounded([0, 1, 2, 3], 2, async n => {
      if (n === 0) throw new Error('the first')
      await new Promise(resolve => setImmediate(resolve))
      done.push(n)
    })
    await expect(mapped).rejects.toThrow('the first')
    expect(done).toEqual([1, 2, 3])
  })

  it('has nothing to do for nothing', async () => {
    expect(await mapBounded([], 4, async () => 1)).toEqual([])
  })
})

it.each([
  [[], []],
  [[1], [[1]]],
  [
    [1, 2, 3, 4, 5],
    [[1, 2], [3, 4], [5]],
  ],
])('chunksOf %j by two', (entries, chunks) => {
  expect(chunksOf(entries, 2)).toEqual(chunks)
})

it.each([
  ['', []],
  ['abc', [[0, 1, 2]]],
  ['aab', [[0, 2], [1]]],
  ['abaab', [[0, 1], [2, 4], [3]]],
])('roundsOf %j', (keys, rounds) => {
  expect(roundsOf(keys.split(''))).toEqual(rounds)
})

import { expect, it } from 'vitest'
import { laneOf, shardOf } from '../../../../lib/core/job/lane.ts'

// Items carry their shard, but whoever knows only an id computes it: the function may never change.
it.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('the shard of %o is FNV-1a, as its authors publish it', (id, hash) => {
  expect(shardOf(id, 2 ** 32)).toBe(hash)
  expect(shardOf(id, 16)).toBe(hash % 16)
})

it('a lane names queue, phase and shard', () => {
  expect(laneOf('mail', 'failed', 3)).toBe('mail#failed#3')
})

import { expect, it } from 'vitest'
import { busyDerivations, busyFrom } from '../../../../lib/core/history/busy.ts'
import { changesOf, countingRecords, jobWith, shard, sunday } from '../../../support/job-changes.ts'

const running = (id: string, startedAt = sunday) =>
  jobWith({ id, state: 'IN_PROGRESS', owner: id, attempt: 1, startedAt })

const at = (sequence: number, change: { before?: ReturnType<typeof jobWith>; after?: ReturnType<typeof jobWith> }) => ({
  sequence: String(sequence),
  at: sunday + sequence,
  ...change,
})

it('holds the runs that the end of a batch finds, the longest first', async () => {
  const { count } = countingRecords()
  const [first] = busyDerivations(
    [at(1, { after: running('b', sunday + 5) }), at(2, { after: running('a', sunday) })],
    shard,
  )
  expect(busyFrom(await count(first)).map(({ id }) => id)).toEqual(['a', 'b'])
  const ends = [at(3, { before: running('a'), after: jobWith({ id: 'a', state: 'COMPLETED' }) })]
  expect(busyFrom(await count(busyDerivations(ends, shard)[0]))).toEqual([
    { id: 'b', type: 'send-mail', attempt: 1, startedAt: sunday + 5 },
  ])
})

it('forgets a run that no function can still be at', async () => {
  const { count } = countingRecords()
  const old = at(1, { after: running('old', sunday - 3_600_000) })
  expect(busyFrom(await count(busyDerivations([old, at(2, { after: running('new') })], shard)[0]))).toHaveLength(1)
})

it('follows a run that moves to another queue', async () => {
  const { count } = countingRecords()
  const derivations = busyDerivations(changesOf(jobWith(), running('a'), { ...running('a'), queue: 'slow' }), shard)
  const records = await Promise.all(derivations.map(count))
  expect(records.map(record => [record?.id, busyFrom(record).length])).toEqual([
    ['#busy/mails', 0],
    ['#busy/slow', 1],
  ])
})

it('is not touched by a job that only waits', () => {
  expect(busyDerivations(changesOf(undefined, jobWith(), jobWith({ state: 'CANCELLED' })), shard)).toEqual([])
})

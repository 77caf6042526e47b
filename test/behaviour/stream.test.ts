/** Any number of jobs from one source: few in memory, in order, and the caller sets the pace. */
import { expect, it } from 'vitest'
import type { EnqueueOutcome } from '../../lib/core/definition/job-request.ts'
import { runnerWith } from '../support/jobs.ts'

const setup = () => {
  const { test, work } = runnerWith(() => undefined)
  const read = { count: 0, closed: false }
  async function* source(count: number, throwAfter = Number.POSITIVE_INFINITY) {
    try {
      for (let n = 0; n < count; n += 1) {
        if (n === throwAfter) throw new RangeError('row 250 is torn')
        read.count += 1
        yield test.job(work, { n }, { delay: '1d' })
      }
    } finally {
      read.closed = true
    }
  }
  return { test, work, read, source }
}

const isTaken = ({ kind }: EnqueueOutcome) => kind === 'enqueued'

it('reads at most four slices ahead of its caller', async () => {
  const { test, read, source } = setup()
  let answered = 0
  let most = 0
  for await (const outcome of test.enqueueStream(source(5_000))) {
    most = Math.max(most, read.count - answered)
    answered += 1
    expect(outcome.kind).toBe('enqueued')
  }
  expect(answered).toBe(5_000)
  expect(most).toBe(400)
})

it('answers in order, and one that is refused does no harm to the others', async () => {
  const { test, work } = setup()
  const requests = Array.from({ length: 250 }, (_, n) => {
    const input = { n: n === 130 ? ('no number' as unknown as number) : n }
    return test.job(work, input, { delay: '1d', idempotencyKey: `key-${n}` })
  })
  const outcomes: EnqueueOutcome[] = []
  for await (const outcome of test.enqueueStream(requests)) outcomes.push(outcome)
  const inputs = outcomes.map(one => (one.kind === 'enqueued' ? test.store.read(one.id)?.input : one.error.name))
  expect(inputs).toEqual(requests.map((_, n) => (n === 130 ? 'InputRefused' : `{"n":${n}}`)))
})

it('a source that throws: first the answers to what it gave, then its error', async () => {
  const { test, source } = setup()
  const outcomes: EnqueueOutcome[] = []
  const all = async () => {
    for await (const outcome of test.enqueueStream(source(1_000, 250))) outcomes.push(outcome)
  }
  await expect(all()).rejects.toThrow('row 250 is torn')
  expect(outcomes.filter(isTaken)).toHaveLength(250)
})

it('a caller who leaves closes the source, and what was read is enqueued', async () => {
  const { test, read, source } = setup()
  for await (const _ of test.enqueueStream(source(5_000))) break
  expect(read).toEqual({ count: 400, closed: true })
  const page = await test.list({ queue: 'default', phase: 'live' })
  expect(page.jobs.length).toBeGreaterThan(0)
})

it('refuses what cannot be iterated', async () => {
  const { test } = setup()
  const asked = test.enqueueStream(7 as unknown as [])
  await expect(asked.next()).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringContaining('requests'),
  })
})

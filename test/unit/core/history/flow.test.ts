import { expect, it } from 'vitest'
import { quantileOf } from '../../../../lib/core/history/counters.ts'
import { flowDerivations, flowFrom, flowOf, flowSum, queueOf } from '../../../../lib/core/history/flow.ts'
import type { Stock } from '../../../../lib/core/history/stock.ts'
import { changesOf, countingRecords, jobWith, sunday } from '../../../support/job-changes.ts'

const running = jobWith({ state: 'IN_PROGRESS', owner: 'A', attempt: 1, startedAt: sunday + 300 })
const life = [
  undefined,
  jobWith(),
  running,
  { ...running, state: 'RETRY', leaseUntil: sunday + 800 },
  { ...running, state: 'IN_PROGRESS', owner: 'B', attempt: 2, startedAt: sunday + 1_000 },
  { ...running, state: 'COMPLETED', finishedAt: sunday + 1_040 },
] as const

it('says what each change counts as', () => {
  expect(changesOf(...life).map(flowOf)).toEqual([['enqueued'], ['started'], ['retried'], ['started'], ['completed']])
})

it('counts a minute and its hour, with waits and runs', async () => {
  const { count } = countingRecords()
  const stock: Stock = {
    asOf: sunday,
    types: new Map([
      [
        'send-mail',
        new Map([
          ['RESERVED', 3],
          ['RETRY', 1],
          ['FAILED', 2],
        ]),
      ],
    ]),
  }
  const derivations = flowDerivations(changesOf(...life), new Map([['mails', stock]]))
  expect(derivations.map(({ key }) => key.part)).toEqual(['m#2026-11-22T10:00', 'h#2026-11-22T10'])
  const [minute, hour] = await Promise.all(derivations.map(count))
  const span = flowFrom(minute)
  expect(span).toMatchObject({ startsAt: sunday, waiting: 4, failed: 2 })
  const flow = span.types.get('send-mail')
  expect(flow).toMatchObject({ enqueued: 1, started: 2, retried: 1, completed: 1, failed: 0 })
  // 300 ms and 0, 500 ms and 40 ms.
  expect([...(flow?.wait ?? [])]).toEqual([
    [9, 1],
    [10, 1],
  ])
  expect(flow?.runMs).toBe(500 + 40)
  expect(quantileOf(flow?.run ?? new Map(), 1)).toBe(512)
  expect(flowFrom(hour)).toEqual({ ...span })
  expect(minute?.attributes['ttl']).toBe((sunday + 60_000) / 1_000 + 48 * 3_600)
  expect(hour?.attributes['ttl']).toBe((sunday + 3_600_000) / 1_000 + 400 * 86_400)
})

it('leaves the wait of a takeover out', () => {
  const taken = changesOf(running, { ...running, owner: 'B', crashes: 1, startedAt: sunday + 99_000 })
  const [minute] = flowDerivations(taken, new Map())
  const names = minute?.actions(undefined, minute.changes).map(({ attribute }) => attribute)
  expect(names).toEqual(['send-mail:started', 'send-mail:crashed', 'ttl'])
})

it('takes an empty record for nothing', () => {
  expect(flowFrom(undefined)).toEqual({ startsAt: undefined, types: new Map(), waiting: undefined, failed: undefined })
  expect(flowSum([])).toMatchObject({ completed: 0, runMs: 0, wait: new Map() })
})

it('adds flows up', async () => {
  const { count } = countingRecords()
  const [minute] = await Promise.all(flowDerivations(changesOf(...life), new Map()).map(count))
  const flows = [...flowFrom(minute).types.values()]
  expect(flowSum([...flows, ...flows])).toMatchObject({ started: 4, runMs: 1_080 })
})

it('counts a job that is gone in the queue that it was in', () => {
  expect(changesOf(jobWith(), undefined).map(queueOf)).toEqual(['mails'])
})

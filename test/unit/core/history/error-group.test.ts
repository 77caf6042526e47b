import { expect, it } from 'vitest'
import { errorDerivations, errorGroupFrom } from '../../../../lib/core/history/error-group.ts'
import { whyOf } from '../../../../lib/core/job/why.ts'
import { countingRecords, jobWith, sunday } from '../../../support/job-changes.ts'

const hour = 3_600_000
const error = (host: number, stack?: string) =>
  JSON.stringify({ name: 'HttpError', message: `503 from host ${host}`, stack })

const retry = (index: number, at: number) => ({
  sequence: String(index),
  at,
  before: jobWith({ id: `job-${index}`, state: 'IN_PROGRESS', owner: 'A' }),
  after: jobWith({ id: `job-${index}`, state: 'RETRY', error: error(index) }),
})
const end = (index: number, at: number) => ({
  ...retry(index, at),
  after: jobWith({
    id: `job-${index}`,
    state: 'FAILED',
    error: error(index, 'E\n at send (a.ts:1)'),
    why: whyOf(error(1)),
  }),
})

it('gathers what failed alike, whatever the numbers in the message', async () => {
  const { count } = countingRecords()
  const failures = Array.from({ length: 7 }, (_, index) => retry(index + 1, sunday + index * 1_000))
  const derivations = errorDerivations([...failures, end(8, sunday + hour)])
  expect(derivations).toHaveLength(1)
  expect(derivations[0]?.key).toMatchObject({ id: '#errors/mails' })
  const record = await count(derivations[0])
  expect(record === undefined ? undefined : errorGroupFrom(record)).toEqual({
    type: 'send-mail',
    why: whyOf(error(1)),
    name: 'HttpError',
    message: '503 from host 8',
    count: 8,
    jobsFailed: 1,
    hours: new Map([
      [sunday, 7],
      [sunday + hour, 1],
    ]),
    firstAt: sunday,
    lastAt: sunday + hour,
    ids: ['job-8', 'job-7', 'job-6', 'job-5', 'job-4'],
    frame: 'send (a.ts:1)',
  })
})

it('keeps its first time, and forgets old hours', async () => {
  const { count } = countingRecords()
  await count(errorDerivations([retry(1, sunday)])[0])
  const record = await count(errorDerivations([retry(2, sunday + 49 * hour)])[0])
  const group = record === undefined ? undefined : errorGroupFrom(record)
  expect(group).toMatchObject({ count: 2, firstAt: sunday, ids: ['job-2', 'job-1'], frame: undefined })
  expect(group?.hours).toEqual(new Map([[sunday + 49 * hour, 1]]))
})

it('passes over what left no error', () => {
  const completed = { ...retry(1, sunday), after: jobWith({ state: 'COMPLETED', error: error(1) }) }
  const snoozed = {
    ...retry(1, sunday),
    before: jobWith({ state: 'IN_PROGRESS', error: error(1) }),
    after: jobWith({ state: 'RETRY', snoozes: 1, error: error(1) }),
  }
  expect(errorDerivations([completed, snoozed])).toEqual([])
  expect(errorGroupFrom({ id: '#errors/mails', part: 'x', attributes: {} })).toBeUndefined()
})

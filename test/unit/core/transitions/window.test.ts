import { expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import { newJob } from '../../../../lib/core/transitions/enqueue.ts'
import { beyondWindow, isBeyondWindow } from '../../../../lib/core/transitions/window.ts'
import { minute, now } from '../../../contract/conformance/sample.ts'

const given = { id: 'x', type: 't', queue: 'q', input: '{}', dueAt: now, maxAttempts: 5 }
const job = newJob(given, now, 'r', defaultPolicy, 1)

it('waits under a fence that no message has, and is looked at after a quarter of an hour (T45)', () => {
  const { dispatches: _dispatches, ...rest } = job
  expect(beyondWindow(job, now)).toEqual({
    ...rest,
    state: 'AVAILABLE',
    fence: 0,
    parked: now,
    lookAt: now + 15 * minute,
  })
})

it('is another wait than that at a gate, which a message brought there', () => {
  const waiting = beyondWindow(job, now)
  expect([waiting, { ...waiting, fence: 1 }, job].map(isBeyondWindow)).toEqual([true, false, false])
})

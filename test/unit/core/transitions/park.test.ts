import { expect, it } from 'vitest'
import type { Job } from '../../../../lib/core/job/job.ts'
import { bookIfDispatched, lookLaterIfParked, parkIfDispatched } from '../../../../lib/core/transitions/park.ts'
import { minute, now, sample, second } from '../../../contract/conformance/sample.ts'

it('parks without moving the row: the look that the job has brings it into line after a crash', () => {
  const { set, remove, row } = parkIfDispatched({ fence: 3, gate: 'a/b', now, request: 'r' })
  expect(row).toBe('T30')
  expect(set).toEqual({ state: 'AVAILABLE', parked: now, request: 'r' })
  expect(remove).toEqual(['dispatches'])
})

it('parks no job that is not due: a second early is the same as a start', () => {
  const { guard } = parkIfDispatched({ fence: 3, gate: 'a/b', now, request: 'r' })
  expect(guard).toContainEqual({ attribute: 'scheduledAt', op: '<=', value: now + second })
})

it.each([
  [2, 60],
  [60, 60],
  [90, 90],
  [23 * 60, 23 * 60],
  [72 * 60, 24 * 60],
])('after %i minutes in line the next look is %i minutes away', (waited, next) => {
  const job = { ...sample('AVAILABLE', { gate: 'a/b', parked: now - waited * minute }), id: 'x' } as Job
  expect(lookLaterIfParked(job, now).set).toEqual({ lookAt: now + next * minute })
})

it('books a slot by one write that moves no row, and only of a job that is due', () => {
  const { set, remove, guard, row } = bookIfDispatched({ fence: 3, gate: 'a/b', now, slot: now + minute, request: 'r' })
  expect([row, set, remove]).toEqual(['T40', { scheduledAt: now + minute, pass: 3, request: 'r' }, []])
  expect(guard).toContainEqual({ attribute: 'scheduledAt', op: '<=', value: now + second })
  expect(guard).toContainEqual({ attribute: 'parked', op: 'absent' })
})

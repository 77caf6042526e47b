import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import type { JobState } from '../../../../lib/core/job/job.ts'
import {
  cancelIfLeaseOver,
  cancelIfOwner,
  cancelIfSeen,
  requestCancelIfRunning,
} from '../../../../lib/core/transitions/cancel.ts'
import { deleteIfIdle } from '../../../../lib/core/transitions/delete.ts'
import { now, sample } from '../../../contract/conformance/sample.ts'
import { read } from '../../../contract/conformance/store-case.ts'
import { guardOf } from './guard-text.ts'

const policy = defaultPolicy
const job = (state: JobState) => read({ ...sample(state), id: 'a' })
const cancelled = {
  state: 'CANCELLED',
  fence: 4,
  finishedAt: now,
  ttl: now / 1_000 + 30 * 86_400,
  lookAt: now,
  lane: 'default#cancelled#4',
}
const before = 'owner-before-1234'

describe('T15', () => {
  it('ends a waiting job at once and voids its messages', () => {
    const transition = cancelIfSeen(job('RESERVED'), { now, request: 'r', policy })
    expect(transition).toMatchObject({ name: 'cancelIfSeen', row: 'T15', remove: [] })
    expect(guardOf(transition)).toEqual([
      'state in SCHEDULED RETRY RESERVED AVAILABLE WAITING',
      'state = RESERVED',
      'fence = 3',
      'next absent',
    ])
    expect(transition.set).toStrictEqual({ ...cancelled, request: 'r' })
  })

  it('ends the lease of a job whose run has already ended itself', () => {
    expect(cancelIfSeen(job('RETRY'), { now, request: 'r', policy }).set).toStrictEqual({
      ...cancelled,
      request: 'r',
      leaseUntil: now,
    })
  })

  it('raises a flag on a running job, and nothing else', () => {
    const transition = requestCancelIfRunning(now, 'r')
    expect(transition).toMatchObject({ name: 'requestCancelIfRunning', row: 'T15', remove: [] })
    expect(guardOf(transition)).toEqual(['state = IN_PROGRESS'])
    expect(transition.set).toStrictEqual({ cancelRequestedAt: now, request: 'r' })
  })
})

describe('T18', () => {
  it('by the run itself wants the flag, names the run as the last owner and ends its lease', () => {
    const transition = cancelIfOwner(job('IN_PROGRESS'), before, now, policy)
    expect(transition).toMatchObject({ name: 'cancelIfOwner', row: 'T18', remove: [] })
    expect(guardOf(transition)).toEqual([
      `owner = ${before}`,
      'state = IN_PROGRESS',
      'cancelRequestedAt present',
      'next absent',
    ])
    expect(transition.set).toStrictEqual({ ...cancelled, lastOwner: before, leaseUntil: now })
  })

  it('by somebody else wants the flag and a lease that is over, and names no last owner', () => {
    const transition = cancelIfLeaseOver(job('IN_PROGRESS'), { now, request: 'r', policy })
    expect(transition).toMatchObject({ name: 'cancelIfLeaseOver', row: 'T18', remove: ['owner'] })
    expect(guardOf(transition)).toEqual([
      'state = IN_PROGRESS',
      `owner = ${before}`,
      'leaseUntil < now 0 s',
      'cancelRequestedAt present',
      'next absent',
    ])
    expect(transition.set).toStrictEqual({ ...cancelled, request: 'r' })
  })
})

describe('T17', () => {
  it('removes a job that does not run and is at least five minutes old', () => {
    const transition = deleteIfIdle(now)
    expect(transition).toMatchObject({ name: 'deleteIfIdle', row: 'T17', remove: [], deletes: true })
    expect(guardOf(transition)).toEqual([
      'state in FAILED COMPLETED CANCELLED SCHEDULED RETRY RESERVED AVAILABLE WAITING',
      'insertedAt <= now -300 s',
    ])
    expect(transition.set).toStrictEqual({})
  })
})

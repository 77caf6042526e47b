import { describe, expect, it } from 'vitest'
import type { Job, JobState } from '../../../lib/core/job/job.ts'
import { ChangeHub } from '../../../lib/dev/change-hub.ts'
import { jobWith } from '../../support/job-changes.ts'

const now = 1_798_761_600_000
const inState = (state: JobState, changes: Partial<Job> = {}): Job => jobWith({ id: 'a', state, ...changes })
const push = (hub: ChangeHub, before: Job | undefined, after: Job): void => hub.push({ before, after }, now)

describe('ChangeHub', () => {
  it('says what each change was', () => {
    const hub = new ChangeHub()
    const running = inState('IN_PROGRESS', { owner: 'o', startedAt: now })
    push(hub, undefined, inState('RESERVED'))
    push(hub, inState('RESERVED'), running)
    push(hub, running, inState('COMPLETED'))
    push(hub, running, inState('RETRY'))
    push(hub, running, inState('FAILED', { crashes: 1 }))
    push(hub, inState('SCHEDULED'), inState('RESERVED'))
    const kinds = hub.after(0).map(({ change }) => change.kind)
    expect(kinds).toEqual(['enqueued', 'started', 'completed', 'retried', 'failed', 'moved'])
    expect(hub.after(0)[1]).toEqual({
      number: 2,
      change: {
        at: '2027-01-01T00:00:00.000Z',
        queue: 'mails',
        id: 'a',
        type: 'send-mail',
        state: 'IN_PROGRESS',
        kind: 'started',
      },
    })
  })

  it('keeps the latest, and goes on counting', () => {
    const hub = new ChangeHub()
    for (let n = 0; n < 12_000; n += 1) push(hub, undefined, inState('RESERVED'))
    expect(hub.last).toBe(12_000)
    const kept = hub.after(0)
    expect(kept.length).toBeLessThanOrEqual(5_000)
    expect(kept.length).toBeGreaterThanOrEqual(2_500)
    expect(kept.at(-1)?.number).toBe(12_000)
    expect(hub.after(11_999)).toHaveLength(1)
  })

  it('shows one queue, and calls who listens until it stops', () => {
    const hub = new ChangeHub()
    let calls = 0
    const stop = hub.listen(() => {
      calls += 1
    })
    push(hub, undefined, inState('RESERVED'))
    push(hub, undefined, inState('RESERVED', { queue: 'other' }))
    stop()
    push(hub, undefined, inState('RESERVED'))
    expect(calls).toBe(2)
    expect(hub.after(0, 'other').map(({ number }) => number)).toEqual([2])
  })
})

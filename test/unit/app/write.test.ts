import { describe, expect, it } from 'vitest'
import { reportsOf, write, writeAll } from '../../../lib/app/write.ts'
import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import type { Job } from '../../../lib/core/job/job.ts'
import { cancelIfSeen } from '../../../lib/core/transitions/cancel.ts'
import { lookLaterIfSeen } from '../../../lib/core/transitions/dispatch.ts'
import { failIfLeaseOver, recoverIfLeaseOver } from '../../../lib/core/transitions/recover.ts'
import { startIfDispatched, takeOverIfLeaseOver } from '../../../lib/core/transitions/start.ts'
import { applyTransition, type Transition } from '../../../lib/core/transitions/transition.ts'
import { Unwritable } from '../../../lib/core/values/errors.ts'
import type { TelemetryEvent } from '../../../lib/ports/telemetry.ts'
import { MemoryJobStore } from '../../../lib/testing/memory-job-store.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import { now, sample } from '../../contract/conformance/sample.ts'
import { read } from '../../contract/conformance/store-case.ts'
import { FlakyStore } from '../../support/flaky-store.ts'

const policy = defaultPolicy
const start = { now, owner: 'me', policy }
const none = { delaysMs: [] }

function kit() {
  const clock = new VirtualClock(now)
  const memory = new MemoryJobStore(clock)
  const store = new FlakyStore(memory)
  const events: TelemetryEvent[] = []
  return { clock, memory, store, events, telemetry: { emit: (event: TelemetryEvent) => events.push(event) } }
}

const job = (state: Parameters<typeof sample>[0], changes: Partial<Job> = {}): Job =>
  read({ ...sample(state, changes), id: 'a' })
const after = (transition: Transition, before: Job): Job => applyTransition(transition, before) as Job

describe('one write', () => {
  it('is carried out and reports its event with what the item says', async () => {
    const deps = kit()
    deps.memory.put(job('RESERVED', { scheduledAt: now - 250 }))
    const written = await write(deps, { id: 'a', transition: startIfDispatched(3, start, false) }, none)
    expect(written).toMatchObject({ kind: 'written', isRepeat: false, job: { owner: 'me', state: 'IN_PROGRESS' } })
    expect(deps.events).toStrictEqual([
      { name: 'job_started', id: 'a', type: 'sample', queue: 'default', attempt: 1, lateMs: 250 },
    ])
  })

  it.each([
    ['the owner that a start wrote', startIfDispatched(3, start, false), 'RESERVED'],
    ['the token of a request', cancelIfSeen(job('RESERVED'), { now, request: 'r', policy }), 'RESERVED'],
  ] as const)('whose answer was lost is recognised by %s, and reported once', async (_, transition, state) => {
    for (const fault of ['executedThenRefused', 'executedThenFailed'] as const) {
      const deps = kit()
      deps.memory.put(job(state))
      deps.store.breakNext(transition.name, fault)
      const writing = write(deps, { id: 'a', transition }, { delaysMs: [200] })
      await deps.clock.advance(1_000)
      expect(await writing).toMatchObject({ kind: 'written', isRepeat: true })
      expect(deps.events.filter(({ name }) => name.startsWith('job_'))).toHaveLength(1)
    }
  })

  it('that nobody could sign is refused, with the item', async () => {
    const deps = kit()
    deps.memory.put(job('RESERVED', { lookAt: now - 1 }))
    const transition = lookLaterIfSeen(job('RESERVED'), now)
    expect(await write(deps, { id: 'a', transition }, none)).toMatchObject({ kind: 'refused', job: { id: 'a' } })
    expect(deps.events).toEqual([])
  })

  it('that failed to the last is looked for in the item, if that was asked for', async () => {
    for (const looksAfterFailure of [false, true]) {
      const deps = kit()
      deps.memory.put(job('RESERVED'))
      deps.store.breakNext('startIfDispatchedMovingAt', 'executedThenFailed')
      const transition = startIfDispatched(3, start, false)
      const written = await write(deps, { id: 'a', transition }, { delaysMs: [], looksAfterFailure })
      expect(written.kind).toBe(looksAfterFailure ? 'written' : 'failed')
    }
  })

  it('stays unknown when the item cannot be read either', async () => {
    const deps = kit()
    deps.memory.put(job('RESERVED'))
    deps.store.breakNext('startIfDispatchedMovingAt', 'failed')
    deps.store.breakNext('get', 'failed')
    const transition = startIfDispatched(3, start, false)
    const written = await write(deps, { id: 'a', transition }, { delaysMs: [], looksAfterFailure: true })
    expect(written).toMatchObject({ kind: 'failed', isHopeless: false })
    expect(deps.events.map(({ name }) => name)).toEqual(['store_failed'])
  })

  it('that is wrong in itself is not repeated, and the job is set aside', async () => {
    const deps = kit()
    const asked: number[] = []
    const apply = async (changes: readonly unknown[]) => {
      asked.push(changes.length)
      return changes.map(() => ({ kind: 'failed', error: new Unwritable('too large') }) as const)
    }
    const store = { apply, get: deps.memory.get.bind(deps.memory) }
    const transition = startIfDispatched(3, start, false)
    const written = await write({ ...deps, store }, { id: 'a', transition }, { delaysMs: [1, 1] })
    expect(written).toMatchObject({ kind: 'failed', isHopeless: true })
    expect(asked).toEqual([1])
    expect(deps.events).toEqual([{ name: 'job_set_aside', id: 'a', error: 'too large' }])
  })
})

it('many writes are answered one by one, and only those that failed are repeated', async () => {
  const deps = kit()
  for (const id of ['a', 'b']) deps.memory.put({ ...job('RESERVED'), id })
  deps.store.breakNext('cancelIfSeen', 'failed')
  const changes = ['a', 'b', 'gone'].map(id => ({
    id,
    transition: cancelIfSeen(job('RESERVED'), { now, request: `r-${id}`, policy }),
  }))
  const writing = writeAll(deps, changes, { delaysMs: [200] })
  await deps.clock.advance(200)
  expect((await writing).map(({ kind }) => kind)).toEqual(['written', 'written', 'refused'])
  expect(deps.events.map(({ name }) => name)).toEqual(['store_failed', 'job_cancelled', 'job_cancelled'])
})

describe('what a change reports', () => {
  it('a takeover: the crash of the attempt before, then its own start', () => {
    const seen = job('IN_PROGRESS', { attempt: 2, owner: 'other', leaseUntil: now - 1 })
    const transition = takeOverIfLeaseOver(seen, 3, start)
    expect(reportsOf(transition, after(transition, seen), now)).toMatchObject([
      { name: 'job_crashed', attempt: 2, crashes: 1 },
      { name: 'job_started', attempt: 3 },
    ])
  })

  it('a recovery: the crash alone', () => {
    const seen = job('IN_PROGRESS', { attempt: 2, owner: 'other', leaseUntil: now - 1 })
    const transition = recoverIfLeaseOver(seen, { now, request: 'r', policy })
    expect(reportsOf(transition, after(transition, seen), now)).toMatchObject([
      { name: 'job_crashed', attempt: 2, crashes: 1 },
    ])
  })

  it('the last attempt of a run that crashed: the crash and the failure', () => {
    const seen = job('IN_PROGRESS', { attempt: 5, attemptsLeft: 0, owner: 'other', leaseUntil: now - 1, notify: '1' })
    const transition = failIfLeaseOver(seen, { now, request: 'r', policy })
    expect(reportsOf(transition, after(transition, seen), now)).toMatchObject([
      { name: 'job_crashed', attempt: 5, crashes: 1 },
      { name: 'job_failed', attempt: 5, error: 'Crashed', notify: '1' },
    ])
  })
})

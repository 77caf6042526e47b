import { describe, expect, it } from 'vitest'
import { signed } from '../../../../lib/core/transitions/own-write.ts'
import { applyTransition, type Transition } from '../../../../lib/core/transitions/transition.ts'

const change: Transition = {
  name: 'changeIfAny',
  row: 'T6',
  guard: [],
  set: { state: 'IN_PROGRESS', owner: 'me' },
  add: { attempt: 1, attemptsLeft: -1 },
  remove: ['dispatches', 'lane'],
}

describe('applyTransition', () => {
  it('sets, adds and removes, and leaves the rest alone', () => {
    const job = { id: 'a', state: 'RESERVED', attempt: 2, attemptsLeft: 3, dispatches: 1, lane: 'l', fence: 7 } as const
    expect(applyTransition(change, job)).toStrictEqual({
      id: 'a',
      state: 'IN_PROGRESS',
      owner: 'me',
      attempt: 3,
      attemptsLeft: 2,
      fence: 7,
    })
    expect(job.attempt).toBe(2)
  })

  it('counts from zero where there is no counter, and stores no note of what was missing', () => {
    const { add: _, ...without } = change
    expect(applyTransition(change, { id: 'a', missing: ['attempt'] })).toMatchObject({ attempt: 1, attemptsLeft: -1 })
    expect(applyTransition(without, { id: 'a', missing: ['attempt'] })).toStrictEqual({
      id: 'a',
      state: 'IN_PROGRESS',
      owner: 'me',
    })
  })
})

it('signed puts the token of a request on a change and alters nothing else', () => {
  expect(signed(change, 'r')).toStrictEqual({ ...change, set: { state: 'IN_PROGRESS', owner: 'me', request: 'r' } })
})

import { describe, expect, it } from 'vitest'
import { jobStates } from '../../../../lib/core/job/job.ts'
import { checkFilter, isRowWanted, phaseOf, phases, statesIn } from '../../../../lib/core/lookup/job-filter.ts'
import { InvalidInput } from '../../../../lib/core/values/errors.ts'
import { lastInstant } from '../../../../lib/core/values/instant.ts'

describe('checkFilter', () => {
  it('lists live jobs by default, the earliest first', () => {
    expect(checkFilter({})).toEqual({
      filter: { phase: 'live', since: 0, until: lastInstant, isDescending: false },
      limit: 50,
    })
  })

  it('takes the phase from the state, and the newest of what has ended first', () => {
    expect(checkFilter({ state: 'FAILED' }).filter).toEqual(checkFilter({ phase: 'failed' }).filter)
    expect(checkFilter({ state: 'FAILED' }).filter).toMatchObject({ phase: 'failed', isDescending: true })
    expect(checkFilter({ state: 'RETRY' }).filter).toMatchObject({ phase: 'live', state: 'RETRY' })
  })

  it('takes instants as texts and Dates', () => {
    const { filter } = checkFilter({ from: '2027-01-01T00:00:00+01:00', to: new Date(Date.UTC(2027, 0, 2)) })
    expect(filter).toMatchObject({ since: Date.UTC(2026, 11, 31, 23), until: Date.UTC(2027, 0, 2) })
  })

  it.each([
    ['phase', { phase: 'dead' }],
    ['state', { state: 'DONE' }],
    ['state', { state: 'FAILED', phase: 'live' }],
    ['order', { order: 'random' }],
    ['limit', { limit: 0 }],
    ['limit', { limit: 101 }],
    ['limit', { limit: '10' }],
    ['from', { from: 'yesterday' }],
    ['from', { from: '2027-01-02T00:00:00Z', to: '2027-01-01T00:00:00Z' }],
    ['to', { to: 5 }],
    ['queue', { queue: '' }],
    ['type', { type: 7 }],
    ['tag', { tag: 'x'.repeat(257) }],
    ['why', { why: 'TimeoutError' }],
    ['list.stat', { stat: 'FAILED' }],
    ['list', null],
  ])('refuses %s: %j', (field, options) => {
    expect(() => checkFilter(options as never)).toThrow(expect.objectContaining({ name: 'InvalidInput', field }))
    expect(() => checkFilter(options as never)).toThrow(InvalidInput)
  })
})

it('each state is in one phase', () => {
  expect(phases.flatMap(statesIn).toSorted()).toEqual([...jobStates].toSorted())
  for (const phase of phases) expect(new Set(statesIn(phase).map(phaseOf))).toEqual(new Set([phase]))
})

describe('isRowWanted', () => {
  const row = { type: 'send-mail', why: 'HttpError#1f2e3d4c' }
  it.each([
    [{}, true],
    [{ type: 'send-mail' }, true],
    [{ type: 'send' }, false],
    [{ why: 'HttpError#1f2e3d4c' }, true],
    [{ why: 'HttpError' }, true],
    [{ why: 'HttpErr' }, false],
    [{ type: 'other', why: 'HttpError' }, false],
  ])('%j: %s', (filter, expected) => expect(isRowWanted(filter, row)).toBe(expected))
})

import { describe, expect, it } from 'vitest'
import {
  gateFrom,
  jobOfTicket,
  leaveLineIfSeen,
  newGate,
  promisedFence,
  promiseTo,
} from '../../../../lib/core/records/gate.ts'
import { gateKey, gateOfId, ticketKey } from '../../../../lib/core/records/keys.ts'

const now = 1_798_761_600_000
const permit = { by: 'owner', until: now + 5 }

describe('what a gate’s record says', () => {
  it('who holds a place, and whether the sweeper looks at it', () => {
    const record = newGate('sync/a', now, { jobId: 'x', permit })
    expect(gateFrom(record)).toEqual({ held: new Map([['x', permit]]) })
    const watched = { ...record, attributes: { ...record.attributes, lane: 'default#gate#1', lookAt: now } }
    expect(gateFrom(watched).lookAt).toBe(now)
  })

  it.each([
    ['no record', undefined],
    ['no map', { ...gateKey('a/b'), attributes: {} }],
    ['a text in the place of the map', { ...gateKey('a/b'), attributes: { held: 'x' } }],
    ['permits that are none', { ...gateKey('a/b'), attributes: { held: { x: 1, y: { by: 'o' }, z: { until: 5 } } } }],
  ])('%s: nobody', (_, record) => {
    expect(gateFrom(record).held.size).toBe(0)
  })

  it('expires 30 days after it was passed last', () => {
    expect(newGate('sync/a', now).attributes).toEqual({ held: {}, ttl: (now + 30 * 86_400_000) / 1_000 })
  })
})

it('a promise names the fence of its message; the permit of a run names none', () => {
  expect(promisedFence({ by: promiseTo(7), until: 0 })).toBe(7)
  expect(promisedFence(permit)).toBeUndefined()
})

describe('keys', () => {
  it.each(['sync/a', 'sync/a#b', 'sync/%23', 'sync/a/b', 'sync/ü'])('the id of %s gives the gate back', gate => {
    expect(gateOfId(gateKey(gate).id)).toBe(gate)
  })

  it('no other id is a gate’s', () => {
    expect(gateOfId('#control')).toBeUndefined()
  })

  it('a ticket’s part fits, whatever the id of its job', () => {
    const { part } = ticketKey(gateKey('a/b'), { priority: 0, since: now, jobId: '\u{10ffff}#'.repeat(600) })
    expect(Buffer.byteLength(part)).toBeLessThanOrEqual(1_024)
  })
})

it('a ticket goes only for the stay that it was taken for', () => {
  const ticket = { ...gateKey('a/b'), attributes: { job: 'x', parkedAt: now } }
  expect(jobOfTicket(ticket)).toBe('x')
  expect(leaveLineIfSeen(ticket).guard).toEqual([{ attribute: 'parkedAt', op: '=', value: now }])
  const damaged = { ...ticket, attributes: {} }
  expect(jobOfTicket(damaged)).toBe('')
  expect(leaveLineIfSeen(damaged).guard).toEqual([{ attribute: 'parkedAt', op: 'absent' }])
})

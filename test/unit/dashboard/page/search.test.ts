import { describe, expect, it } from 'vitest'
import { boundsOf, replaced, searchOf } from '../../../../lib/dashboard/page/search.ts'

describe('search', () => {
  it('reads each qualifier, and everything behind its first colon', () => {
    expect(searchOf(' type:send-mail  state:failed why:TimeoutError#9c tag:a:b ')).toEqual({
      kind: 'query',
      query: { type: 'send-mail', state: 'FAILED', why: 'TimeoutError#9c', tag: 'a:b' },
    })
  })

  it.each([
    ['hello', '“hello” is not understood'],
    ['fnord:1', '“fnord:1” is not understood'],
    ['toString:1', 'is not understood'],
    ['type:', 'type: has no value'],
    ['type:a type:b', 'type: is given twice'],
  ])('%s is refused', (text, message) => {
    expect(searchOf(text)).toEqual({ kind: 'wrong', message: expect.stringContaining(message) as string })
  })
})

describe('an id', () => {
  const known = ['01a2-3f2a91', '01a2-3f2a77', 'order…9f']

  it.each([
    ['id:…3f2a91', '01a2-3f2a91'],
    ['id:...2a77', '01a2-3f2a77'],
    ['id:3f2a77', '01a2-3f2a77'],
    ['id:01a2-3f2a91', '01a2-3f2a91'],
    ['id:nobody', 'nobody'],
    ['id:feed', 'feed'],
  ])('%s is %s', (text, id) => {
    expect(searchOf(text, known)).toEqual({ kind: 'query', query: { id } })
  })

  it.each([
    ['id:…feed', 'no job was shown here whose id ends in feed'],
    ['id:…1', '2 jobs end in 1: b1, a1; give more'],
  ])('%s is refused', (text, message) => {
    expect(searchOf(text, ['b1', 'a1'])).toMatchObject({ message: expect.stringContaining(message) as string })
  })

  it('of very many with the same end, a few are named', () => {
    const ids = Array.from({ length: 40 }, (_, n) => `${n}-feed`)
    expect(searchOf('id:…feed', ids)).toMatchObject({ message: expect.stringContaining('and 35 more') as string })
  })
})

it('why: alone looks at failed jobs', () => {
  expect(searchOf('why:E')).toMatchObject({ query: { why: 'E', phase: 'failed' } })
  expect(searchOf('why:E state:failed')).toEqual({ kind: 'query', query: { why: 'E', state: 'FAILED' } })
})

it('another state takes the place of the one before', () => {
  expect(replaced(' type:a  state:failed phase:failed', ['state', 'phase'], 'phase:live')).toBe('type:a phase:live')
  expect(replaced('id:1 nonsense', ['id'])).toBe('nonsense')
})

describe('a range', () => {
  const now = Date.parse('2027-01-02T00:00:00Z')
  const bounds = (text: string) => boundsOf(new URLSearchParams(text), now)

  it('is an hour, a day, a week, or what is given', () => {
    expect(bounds('')).toEqual({ kind: 'bounds' })
    expect(bounds('range=hour')).toEqual({ kind: 'bounds', from: '2027-01-01T23:00:00.000Z' })
    expect(bounds('range=day&from=2020-01-01')).toEqual({ kind: 'bounds', from: '2027-01-01T00:00:00.000Z' })
    expect(bounds('range=custom&to=2027-01-01T10:00Z')).toEqual({ kind: 'bounds', to: '2027-01-01T10:00:00.000Z' })
  })

  it.each(['range=fortnight', 'range=custom&from=yesterday'])('%s is refused', text => {
    expect(bounds(text).kind).toBe('wrong')
  })
})

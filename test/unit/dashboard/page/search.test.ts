import { describe, expect, it } from 'vitest'
import { searchOf } from '../../../../lib/dashboard/page/search.ts'

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

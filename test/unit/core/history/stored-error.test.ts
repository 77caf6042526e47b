import { expect, it } from 'vitest'
import { storedError, topFrameOf } from '../../../../lib/core/history/stored-error.ts'

it.each([
  ['{"name":"A","message":"b","stack":"c"}', { name: 'A', message: 'b', stack: 'c' }],
  ['{"name":1}', { name: 'Error', message: '' }],
  ['somebody wrote this', { name: 'Error', message: 'somebody wrote this' }],
  ['null', { name: 'Error', message: 'null' }],
])('%s', (text, error) => expect(storedError(text)).toEqual(error))

it('names the first frame', () => {
  expect(topFrameOf('Error: no\n    at send (src/mail.ts:41:7)\n    at run (x.ts:1)')).toBe('send (src/mail.ts:41:7)')
  expect(topFrameOf('no frames')).toBeUndefined()
  expect(topFrameOf(undefined)).toBeUndefined()
})

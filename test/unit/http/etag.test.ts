import { describe, expect, it } from 'vitest'
import { etagOf, expectedVersion, preconditionOf } from '../../../lib/http/etag.ts'

const withHeaders = (given: Record<string, string>) => preconditionOf(new Headers(given))

describe('preconditionOf', () => {
  it('reads what a caller expects', () => {
    expect(withHeaders({})).toEqual({ kind: 'any' })
    expect(withHeaders({ 'if-match': '*' })).toEqual({ kind: 'exists' })
    expect(withHeaders({ 'if-none-match': ' * ' })).toEqual({ kind: 'absent' })
    expect(withHeaders({ 'if-match': etagOf('1.2.3.RETRY') })).toEqual({ kind: 'version', version: '1.2.3.RETRY' })
  })

  it.each([
    [{ 'if-match': '1' }, 'If-Match'],
    [{ 'if-match': '' }, 'If-Match'],
    [{ 'if-match': 'W/"1"' }, 'If-Match'],
    [{ 'if-match': '"1", "2"' }, 'If-Match'],
    [{ 'if-match': `"${'x'.repeat(129)}"` }, 'If-Match'],
    [{ 'if-none-match': '"1"' }, 'If-None-Match'],
    [{ 'if-match': '*', 'if-none-match': '*' }, 'If-Match and If-None-Match'],
  ])('refuses %j', (given, field) => {
    expect(() => withHeaders(given as unknown as Record<string, string>)).toThrow(expect.objectContaining({ field }))
  })
})

describe('expectedVersion', () => {
  it('is the version of If-Match', () => {
    expect(expectedVersion(new Headers({ 'if-match': '"7"' }))).toBe('7')
    expect(expectedVersion(new Headers({ 'if-match': '*' }))).toBeUndefined()
    expect(expectedVersion(new Headers())).toBeUndefined()
    expect(() => expectedVersion(new Headers({ 'if-none-match': '*' }))).toThrow(
      /If-None-Match is '\*'; allowed: If-Match/,
    )
  })
})

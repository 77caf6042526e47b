import { describe, expect, it } from 'vitest'
import { contentTag, etagOf, expectedVersion, isSeen, preconditionOf } from '../../../lib/http/etag.ts'
import { httpKit } from './http-kit.ts'

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

describe('a read', () => {
  it('is seen by the tag of its text alone', () => {
    const tag = contentTag('{"a":1}')
    const seen = (value: string) => isSeen(new Headers({ 'if-none-match': value }), tag)
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/)
    expect([tag, `"1", ${tag}`, '*', '', contentTag('{"a":2}'), tag.slice(2)].map(seen)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  })

  it('is answered with 304 and no body until it changes', async () => {
    const { post, get } = httpKit()
    const first = await get('/v1/jobs')
    const etag = first.headers.get('etag') ?? ''
    const again = await get('/v1/jobs', { 'if-none-match': etag })
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, ''])
    await post({ type: 'echo', input: 1 })
    const changed = await get('/v1/jobs', { 'if-none-match': etag })
    expect([changed.status, changed.headers.get('etag') === etag]).toEqual([200, false])
  })

  it('of what has a version comes whole: what else it tells may have changed', async () => {
    const { post, get } = httpKit()
    const { id } = (await (await post({ type: 'echo', input: 1 })).json()) as { id: string }
    const etag = (await get(`/v1/jobs/${id}`)).headers.get('etag') ?? ''
    const again = await get(`/v1/jobs/${id}`, { 'if-none-match': etag })
    expect([etag.startsWith('W/'), again.status]).toEqual([false, 200])
  })
})

import { describe, expect, it } from 'vitest'
import { admit } from '../../../../lib/dev/http/guard.ts'

const access = { token: 'a-token-of-some-length', port: 8787 }
const host = '127.0.0.1:8787'
const cookie = `other=1; lamplighter-8787=${access.token}`
const json = { 'content-type': 'application/json' }

const ask = (method: string, target: string, headers: Record<string, string> = {}) => {
  const verdict = admit({ method, target, headers: { host, ...headers } }, access)
  return verdict.kind === 'refuse' ? verdict.status : verdict.kind
}
const post = (headers: Record<string, string>) => ask('POST', '/v1/jobs', { ...json, ...headers })

describe('programs', () => {
  it('need no token: they send neither Origin nor Sec-Fetch-Site', () => {
    expect(ask('GET', '/v1/jobs')).toBe('pass')
    expect(post({})).toBe('pass')
    expect(ask('POST', '/v1/jobs', { 'sec-fetch-mode': 'cors' })).toBe('pass')
  })

  it('may look like a page if they bring the token', () => {
    const authorization = `Bearer ${access.token}`
    expect(post({ origin: 'http://elsewhere.example', authorization })).toBe('pass')
    expect(post({ origin: 'http://elsewhere.example', authorization: 'Bearer wrong' })).toBe(403)
  })
})

describe('pages of this port', () => {
  const own = { 'sec-fetch-site': 'same-origin', cookie }

  it('read and act with the cookie, and not without it', () => {
    expect(ask('GET', '/v1/jobs', own)).toBe('pass')
    expect(post({ ...own, origin: `http://${host}` })).toBe('pass')
    expect(ask('GET', '/v1/jobs', { 'sec-fetch-site': 'same-origin' })).toBe(401)
    expect(post({ 'sec-fetch-site': 'same-origin' })).toBe(401)
    expect(ask('GET', '/v1/jobs', { ...own, cookie: 'lamplighter-8787=wrong' })).toBe(401)
    expect(ask('GET', '/v1/jobs', { ...own, cookie: `lamplighter-8788=${access.token}` })).toBe(401)
  })

  it('act with JSON only, which no form can send', () => {
    const form = { ...own, 'content-type': 'text/plain' }
    expect(ask('POST', '/v1/jobs', form)).toBe(415)
    expect(ask('DELETE', '/v1/jobs/1', own)).toBe(415)
    expect(ask('DELETE', '/v1/jobs/1', { ...own, ...json })).toBe('pass')
  })

  it('may be typed as an address, for a look but not for an act', () => {
    expect(ask('GET', '/v1/jobs', { 'sec-fetch-site': 'none', cookie })).toBe('pass')
    expect(post({ 'sec-fetch-site': 'none', cookie })).toBe(403)
  })
})

describe('pages of others', () => {
  it.each(['same-site', 'cross-site'])('%s: get the site, and no data even with the cookie', site => {
    expect(ask('GET', '/', { 'sec-fetch-site': site })).toBe('pass')
    expect(ask('GET', '/v1/jobs', { 'sec-fetch-site': site, cookie })).toBe(403)
    expect(post({ 'sec-fetch-site': site, cookie })).toBe(403)
    expect(ask('OPTIONS', '/v1/jobs', { 'sec-fetch-site': site })).toBe(403)
  })

  it('are known by their origin where a browser sends nothing else', () => {
    expect(post({ origin: 'http://127.0.0.1:9999', cookie })).toBe(403)
    expect(post({ origin: 'null', cookie })).toBe(403)
  })

  it('cannot use a name of their own for this machine', () => {
    expect(ask('GET', '/', { host: 'evil.example:8787' })).toBe(421)
    expect(ask('GET', `/?token=${access.token}`, { host: 'evil.example:8787' })).toBe(421)
  })
})

describe('the token in the address', () => {
  it('becomes a cookie that scripts cannot read, and leaves the address', () => {
    expect(admit({ method: 'GET', target: `/jobs?q=1&token=${access.token}`, headers: { host } }, access)).toEqual({
      kind: 'login',
      location: '/jobs?q=1',
      cookie: `lamplighter-8787=${access.token}; Path=/; HttpOnly; SameSite=Strict`,
    })
  })

  it('is refused when it is wrong, and never leads elsewhere', () => {
    expect(ask('GET', '/?token=wrong')).toBe(403)
    expect(ask('GET', '/?token=')).toBe(403)
    const verdict = admit(
      { method: 'GET', target: `//evil.example//x?token=${access.token}`, headers: { host } },
      access,
    )
    expect(verdict).toMatchObject({ kind: 'login', location: '/x' })
  })

  it('is no way into the API', () => {
    expect(ask('GET', `/v1/jobs?token=${access.token}`, { 'sec-fetch-site': 'cross-site' })).toBe(403)
  })

  it('of a target that cannot be read is a bad request', () => {
    expect(ask('GET', 'http://[')).toBe(400)
  })
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { hostedPage, type PageAnswer } from '../../../lib/dashboard/hosted-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'lamplighter-hosted-'))
const files = { 'index.html': '<!doctype html>', 'app.js': 'start()', 'app.css': 'a{}', 'sign-in.js': 'late()' }
mkdirSync(join(folder, 'dashboard'))
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'dashboard', name), text)
afterAll(() => rmSync(folder, { recursive: true }))

const oidc = { issuer: 'https://login.example/pool', clientId: 'page', scopes: ['jobs:read'], parameters: {} }
const at = pathToFileURL(join(folder, 'dashboard/'))
const serve = hostedPage({ target: 'prod', oidc }, at)
const ask = (rawPath: string, headers: Record<string, string> = {}): PageAnswer => serve({ rawPath, headers })
const text = ({ body }: PageAnswer): string => Buffer.from(body, 'base64').toString()

describe('a hosted page', () => {
  it.each(['/', '/jobs', '/jobs/a b', '/queues/ü', '/live'])('%s is the document', path => {
    expect(ask(path)).toMatchObject({ statusCode: 200, isBase64Encoded: true })
    expect(text(ask(path))).toBe(files['index.html'])
  })

  it('serves each file with its type, the ones that are loaded late too', () => {
    expect(text(ask('/assets/sign-in.js'))).toBe('late()')
    expect(ask('/assets/sign-in.js').headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  it.each([
    '/v1/jobs',
    '/assets/../v1/jobs',
    '/assets/../index.html',
    '/assets/%2e%2e/app.js',
    '/assets//etc/passwd',
    '/assets/constructor',
    '//',
    '',
  ])('%j is nothing', path => {
    expect(ask(path)).toMatchObject({ statusCode: 404, body: 'There is no such page' })
  })

  it('tells the page where to sign in; nothing else of the deployment', () => {
    expect(JSON.parse(text(ask('/assets/served.json')))).toEqual({
      target: 'prod',
      isLocal: false,
      canAct: false,
      oidc,
    })
  })

  const policy = (connect: string): string =>
    `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${connect}; img-src 'self' data:; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  it('lets the page ask its own origin and the issuer, and nobody else', () => {
    expect(ask('/').headers).toEqual({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy('https://login.example'),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
      'strict-transport-security': 'max-age=31536000',
      'cross-origin-opener-policy': 'same-origin',
      etag: expect.stringMatching(/^"[\w-]{27}"$/),
      vary: 'accept-encoding',
    })
  })

  it.each([
    ['https://tokens.example', policy('https://login.example https://tokens.example')],
    ['https://login.example', policy('https://login.example')],
  ])('and where tokens are given: %s', (tokenOrigin, expected) => {
    const answer = hostedPage({ target: 'prod', oidc, tokenOrigin }, at)({ rawPath: '/', headers: {} })
    expect(answer.headers['content-security-policy']).toBe(expected)
  })

  it('is compressed for those who say so', () => {
    const answer = ask('/assets/app.js', { 'accept-encoding': 'br, gzip' })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(Buffer.from(answer.body, 'base64')).toString()).toBe('start()')
  })

  it('is not sent again to a browser that has it', () => {
    const { etag = '' } = ask('/assets/app.js').headers
    expect(ask('/assets/app.js', { 'if-none-match': `W/${etag}` })).toMatchObject({ statusCode: 304, body: '' })
    expect(ask('/assets/app.css', { 'if-none-match': etag }).statusCode).toBe(200)
  })
})

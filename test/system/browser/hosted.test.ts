/** The hosted dashboard: the deployed function behind the routes of its template, a real provider, a real browser. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../../lib/dev/loopback.ts'
import { type HttpApiServer, startHttpApi } from '../../support/http-api.ts'
import { type OpenIdProvider, startOpenIdProvider } from '../../support/openid.ts'
import { type Deployment, deployLanterns } from '../../unit/cdk/lanterns-deployment.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const clientId = 'lamplighter-page'
const resource = 'https://jobs.example'

interface Hosted {
  readonly deployment: Deployment
  readonly provider: OpenIdProvider
  readonly api: HttpApiServer
  readonly id: string
}

let browser: Browser
let hosted: Hosted
/** Asks for a refresh token as well. */
let renewable: Hosted
const closers: (() => unknown)[] = []

/** @param scopes that the page asks for */
async function host(scopes: readonly string[]): Promise<Hosted> {
  const port = await freePort()
  const provider = await startOpenIdProvider({ clientId, home: `http://127.0.0.1:${port}/`, audience: resource })
  closers.push(() => provider.close())
  const deployment = await deployLanterns({
    apiAuth: { jwt: { issuer: provider.issuer, audience: [resource] } },
    dashboard: { oidc: { clientId, scopes, parameters: { resource, prompt: 'consent' } } },
  })
  closers.push(() => deployment.stop())
  const invoke = (event: object) => deployment.fn('api').invoke(event)
  const api = await startHttpApi({ template: deployment.template, port, publicKey: provider.publicKey, invoke })
  closers.push(() => api.close())
  provider.scopesOf.set('reader', 'jobs:read')
  return { deployment, provider, api, id: await enqueue(deployment) }
}

/** A job that waits for a day. */
async function enqueue(deployment: Deployment): Promise<string> {
  const http = { method: 'POST', path: '/v1/jobs' }
  const answer = await deployment.fn('api').invoke<{ readonly body: string }>({
    rawPath: '/v1/jobs',
    rawQueryString: '',
    routeKey: 'POST /v1/jobs',
    headers: { 'content-type': 'application/json' },
    requestContext: { requestId: 'id', http },
    body: JSON.stringify({ type: 'light', input: { act: 'complete' }, delay: '1d' }),
    isBase64Encoded: false,
  })
  const { id } = JSON.parse(answer.body) as { readonly id?: string }
  if (id === undefined) throw new Error(answer.body)
  return id
}

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: process.env['LAMPLIGHTER_CHROMIUM'] ?? '', args: ['--no-sandbox'] })
  closers.push(() => browser.close())
  hosted = await host(['jobs:read', 'jobs:operate'])
  renewable = await host(['jobs:read', 'jobs:operate', 'offline_access'])
}, 240_000)

afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

let context: BrowserContext
let page: Page
let said: string[]

beforeEach(async () => {
  // The provider's certificate is nobody's.
  context = await browser.newContext({ ignoreHTTPSErrors: true })
  page = await context.newPage()
  page.setDefaultTimeout(10_000)
  said = []
  // What the provider's own pages say is theirs.
  page.on('console', message => {
    if (!message.location().url.startsWith('https://')) said.push(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', error => said.push(error.message))
})

afterEach(() => context.close())

/** Through the provider's forms: who it is, and that the page may know. */
async function signInAs(name: string): Promise<void> {
  await page.locator('input[name=login]').fill(name)
  await page.locator('input[name=password]').fill('any')
  await page.locator('button[type=submit]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

const faultsOf = () =>
  page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(one => one.id + ' ' + one.nodes[0].html))`)

describe('somebody who signs in', () => {
  it('comes back to the page that was asked for, and sees the job', async () => {
    const { api, id, provider } = hosted
    await page.goto(`${api.url}/jobs/${id}`)
    await page.waitForURL(`${provider.issuer}/**`)
    await signInAs('alice')
    await page.getByRole('heading', { name: 'light' }).waitFor()
    expect(page.url()).toBe(`${api.url}/jobs/${id}`)
    await page.getByText('alice').waitFor()
    expect(await page.title()).toMatch(/^\[[^\]]+\] Lamplighter$/)
    expect([await faultsOf(), said]).toEqual([[], []])
  })

  it('leaves no token where other scripts or a restart would find it', async () => {
    await page.goto(`${hosted.api.url}/queues`)
    await signInAs('alice')
    await page.getByRole('heading', { name: 'Queues' }).waitFor()
    const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')
    expect(kept).toBe('[{},{},""]')
    expect(await page.evaluate('window.history.state')).toBeNull()
  })

  it('acts, if the token says so', async () => {
    const { api, deployment } = hosted
    const id = await enqueue(deployment)
    await page.goto(`${api.url}/jobs/${id}`)
    await signInAs('alice')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: 'CANCELLED' }).waitFor()
    const audit = await deployment.fn('api').invoke<{ readonly body: string }>({
      rawPath: '/v1/audit',
      rawQueryString: '',
      routeKey: 'GET /v1/{proxy+}',
      headers: {},
      requestContext: { requestId: 'id', http: { method: 'GET' } },
      isBase64Encoded: false,
    })
    expect(audit.body).toContain('"alice"')
  })

  it('sees no button without the scope for it, and the gateway refuses the act all the same', async () => {
    const { api, id } = hosted
    const tokens: string[] = []
    page.on('request', request => tokens.push(request.headers()['authorization'] ?? ''))
    await page.goto(`${api.url}/jobs/${id}`)
    await signInAs('reader')
    await page.getByRole('heading', { name: 'light' }).waitFor()
    await page.getByText('read only').waitFor()
    for (const path of [`/jobs/${id}`, '/errors', '/schedules', '/queues/default']) {
      await page.evaluate(`history.pushState(null, '', '${path}'); dispatchEvent(new PopStateEvent('popstate'))`)
      await page.waitForTimeout(700)
      expect(await page.getByRole('button').allTextContents()).toEqual(['Sign out', '?'])
    }
    expect(said).toEqual([])
    const authorization = tokens.findLast(token => token !== '') ?? ''
    const act = async (method: string, path: string) =>
      (await fetch(`${api.url}${path}`, { method, headers: { authorization } })).status
    expect([await act('GET', `/v1/jobs/${id}`), await act('POST', `/v1/jobs/${id}/cancel`)]).toEqual([200, 403])
  })
})

describe('an answer of the provider', () => {
  const answerUntil = async (change: (answer: URL) => void): Promise<string> => {
    const { api, provider } = hosted
    await page.goto(`${api.url}/`)
    api.divertOnce(change)
    provider.asked.length = 0
    await signInAs('alice')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(page.url()).toBe(`${api.url}/`)
    return (await alert.textContent()) ?? ''
  }

  it('with another state is refused: its code is not even tried', async () => {
    expect(await answerUntil(url => url.searchParams.set('state', 'of-somebody-else'))).toMatch(/state/)
    expect(hosted.provider.asked.filter(one => one.endsWith('/token'))).toEqual([])
    expect(hosted.api.answered.filter(one => one.includes('of-somebody'))).toEqual([])
  })

  it('of another issuer is refused', async () => {
    expect(await answerUntil(url => url.searchParams.set('iss', 'https://other.example'))).toMatch(/iss/)
    expect(hosted.provider.asked.filter(one => one.endsWith('/token'))).toEqual([])
  })

  it('with another code is refused', async () => {
    expect(await answerUntil(url => url.searchParams.set('code', 'guessed'))).toMatch(
      /refuses: grant request is invalid/,
    )
  })

  it('that nobody waits for is refused, and not asked for again by itself', async () => {
    const { api, provider } = hosted
    provider.asked.length = 0
    await page.goto(`${api.url}/?code=planted&state=planted`)
    await page.getByText('No sign-in that began in this tab waits for this answer').waitFor()
    expect(await faultsOf()).toEqual([])
    expect(provider.asked.filter(one => !one.includes('/.well-known/'))).toEqual([])
    // By the wish of the person it goes on.
    await page.getByRole('button', { name: 'Sign in' }).click()
    await signInAs('alice')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
  })

  it('that says no is shown in its words', async () => {
    const { api } = hosted
    await page.goto(`${api.url}/`)
    await page.locator('input[name=login]').waitFor()
    await page.getByRole('link', { name: /Cancel/ }).click()
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toBe(`${hosted.provider.issuer} refuses: End-User aborted interaction`)
  })
})

describe('a token that ends', () => {
  it('is renewed in silence where the provider gives a refresh token', async () => {
    const { api, provider, id } = renewable
    // It is renewed in the last tenth: a busy machine is slower than the 300 ms of a token of three seconds.
    provider.tokenSeconds = 12
    await page.goto(`${api.url}/jobs/${id}`)
    await signInAs('alice')
    await page.getByRole('heading', { name: 'light' }).waitFor()
    provider.asked.length = 0
    api.answered.length = 0
    await expect.poll(() => provider.asked.length, { timeout: 30_000 }).toBeGreaterThan(0)
    const before = api.answered.length
    await expect.poll(() => api.answered.length, { timeout: 30_000 }).toBeGreaterThan(before + 1)
    expect(new Set(provider.asked)).toEqual(new Set(['POST /token']))
    // 304: what has not changed.
    expect(api.answered.filter(one => !/ (?:200|304)$/.test(one))).toEqual([])
    expect(page.url()).toBe(`${api.url}/jobs/${id}`)
  })

  it('ends the session elsewhere: the page says so, asks nothing more, and one click signs in again', async () => {
    const { api, provider, id } = hosted
    provider.tokenSeconds = 3
    await page.goto(`${api.url}/jobs/${id}`)
    await signInAs('alice')
    await page.getByText('Your session has ended', { exact: true }).waitFor({ timeout: 20_000 })
    provider.tokenSeconds = 600
    api.answered.length = 0
    await page.waitForTimeout(5_000)
    expect(api.answered).toEqual([])
    expect(await faultsOf()).toEqual([])
    await page.getByRole('button', { name: 'Sign in again' }).click()
    // The provider knows the person still.
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'light' }).waitFor()
    expect(page.url()).toBe(`${api.url}/jobs/${id}`)
  })
})

describe('a token that the gateway refuses, though it should be good', () => {
  it('is renewed, and the request is sent once more', async () => {
    const { api, provider } = renewable
    provider.tokenSeconds = 600
    await page.goto(`${api.url}/queues`)
    await signInAs('alice')
    await page.getByRole('link', { name: 'mail', exact: true }).waitFor()
    provider.asked.length = 0
    api.answered.length = 0
    api.refuseOnce()
    const statuses = () => api.answered.map(one => one.slice(-3))
    // One that was under way may be answered first.
    await expect.poll(() => statuses().slice(statuses().indexOf('401')).length, { timeout: 30_000 }).toBeGreaterThan(2)
    // 304: what has not changed.
    expect(statuses().filter(one => one !== '200' && one !== '304')).toEqual(['401'])
    expect(provider.asked).toEqual(['POST /token'])
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('ends the session where nothing can be renewed', async () => {
    const { api } = hosted
    await page.goto(`${api.url}/queues`)
    await signInAs('alice')
    await page.getByRole('link', { name: 'mail', exact: true }).waitFor()
    api.answered.length = 0
    api.refuseOnce()
    await page.getByText('Your session has ended', { exact: true }).waitFor({ timeout: 20_000 })
    // One that was under way may have been answered before; nothing is asked afterwards.
    expect(api.answered.filter(one => one.endsWith('401'))).toHaveLength(1)
    expect(api.answered.at(-1)).toMatch(/401$/)
  })
})

it('signing out ends the session at the provider, and the page stays shut', async () => {
  const { api, provider } = renewable
  provider.tokenSeconds = 600
  await page.goto(`${api.url}/`)
  await signInAs('alice')
  provider.asked.length = 0
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Yes, sign me out' }).click()
  await page.getByText('You are signed out').waitFor()
  expect(provider.asked).toContain('POST /token/revocation')
  await page.reload()
  await page.getByText('You are signed out').waitFor()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('input[name=login]').waitFor()
})

it('nobody without a token gets data, whatever path they ask for', async () => {
  const { api, id } = hosted
  for (const [path, status] of [
    [`/v1/jobs/${id}`, 401],
    ['/v1/health', 401],
    [`/assets/..%2fv1%2fjobs%2f${id}`, 404],
    [`/jobs/..%2f..%2fv1%2fjobs%2f${id}`, 404],
  ] as const) {
    const answer = await fetch(`${api.url}${path}`)
    expect([path, answer.status, (await answer.text()).includes(id)]).toEqual([path, status, false])
  }
})

it('its policy lets the page load its own files, and ask its own origin and the issuer', async () => {
  const { api, provider } = hosted
  const answer = await fetch(`${api.url}/`)
  expect(answer.headers.get('content-security-policy')).toBe(
    `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${provider.issuer}; img-src 'self' data:; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
})

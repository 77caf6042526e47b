/**
 * Signing in at an OpenID provider: authorization code with PKCE. A file of its own, which only a hosted page loads. It
 * imports nothing of the page, so that nothing moves out of the page's own script.
 */
import * as oauth from 'oauth4webapi'
import type { OidcSettings } from './types.ts'

/** Somebody who has signed in, and the way to ask the API in their name. */
export interface Session {
  /** As the provider calls them: an address, or else an id. */
  readonly name: string
  /** What the provider granted. */
  readonly scopes: readonly string[]
  /** `fetch` with the token; gets a new one when it ends. Rejects once the session has ended. */
  readonly send: (path: string, init: RequestInit) => Promise<Response>
  /** Leaves the page. */
  readonly signOut: () => Promise<void>
}

export type SignIn =
  | { readonly kind: 'signedIn'; readonly session: Session }
  /** The browser is on its way to the provider. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'signedOut' }
  | { readonly kind: 'refused'; readonly message: string }

/** What this tab must remember while it is at the provider. Not a token: those are in memory only. */
interface Pending {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly returnTo: string
}

const pendingKey = 'lamplighter-sign-in'
const signedOutKey = 'lamplighter-signed-out'

/** Registered at the provider, for coming back after signing in and out. */
const home = (): string => `${window.location.origin}/`

interface Provider {
  readonly server: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly settings: OidcSettings
}

async function providerOf(settings: OidcSettings): Promise<Provider> {
  const issuer = new URL(settings.issuer)
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer))
  return { server, client: { client_id: settings.clientId }, settings }
}

/**
 * Goes on where the browser is: comes back from the provider, or goes there.
 * @param onEnd when the session has ended and cannot be renewed
 */
export async function signIn(settings: OidcSettings, onEnd: () => void): Promise<SignIn> {
  const here = new URL(window.location.href)
  const isAnswer = here.searchParams.has('state') && (here.searchParams.has('code') || here.searchParams.has('error'))
  if (!isAnswer && sessionStorage.getItem(signedOutKey) !== null) return { kind: 'signedOut' }
  const pending = isAnswer ? takePending() : undefined
  // A code is for one use; neither history nor a copied address shall hold it.
  if (isAnswer) window.history.replaceState(null, '', home())
  try {
    const provider = await providerOf(settings)
    if (!isAnswer) return await leaveFor(provider)
    if (pending === undefined) return refused('No sign-in that began in this tab waits for this answer')
    const first = await dated(() => tokensFor(provider, here, pending))
    window.history.replaceState(null, '', pending.returnTo)
    return { kind: 'signedIn', session: sessionOf(provider, first, onEnd) }
  } catch (error) {
    return refused(reasonOf(error, settings.issuer))
  }
}

/** As `signIn`, by the wish of the person: after a sign-out, a refusal or the end of a session. */
export async function signInAgain(settings: OidcSettings): Promise<SignIn> {
  sessionStorage.removeItem(signedOutKey)
  try {
    return await leaveFor(await providerOf(settings))
  } catch (error) {
    return refused(reasonOf(error, settings.issuer))
  }
}

const refused = (message: string): SignIn => ({ kind: 'refused', message })

function reasonOf(error: unknown, issuer: string): string {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    return `${issuer} refuses: ${error.error_description ?? error.error}`
  }
  if (error instanceof TypeError) return `${issuer} does not answer, or not to pages of ${window.location.origin}`
  return `The answer of ${issuer} is not what was asked for: ${error instanceof Error ? error.message : String(error)}`
}

function takePending(): Pending | undefined {
  const text = sessionStorage.getItem(pendingKey)
  sessionStorage.removeItem(pendingKey)
  return text === null ? undefined : (JSON.parse(text) as Pending)
}

async function leaveFor({ server, settings }: Provider): Promise<SignIn> {
  const pending: Pending = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    returnTo: window.location.href,
  }
  const to = new URL(endpointIn(server, 'authorization_endpoint'))
  const parameters = {
    ...settings.parameters,
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: home(),
    scope: ['openid', ...settings.scopes].join(' '),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) to.searchParams.set(name, value)
  sessionStorage.setItem(pendingKey, JSON.stringify(pending))
  window.location.assign(to)
  return { kind: 'leaving' }
}

function endpointIn(server: oauth.AuthorizationServer, name: 'authorization_endpoint'): string {
  const endpoint = server[name]
  if (endpoint === undefined) throw new Error(`it names no ${name}`)
  return endpoint
}

/** @throws when state, issuer, nonce or audience are not what this tab asked for */
async function tokensFor(
  { server, client }: Provider,
  answer: URL,
  pending: Pending,
): Promise<oauth.TokenEndpointResponse> {
  const parameters = oauth.validateAuthResponse(server, client, answer, pending.state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    home(),
    pending.verifier,
  )
  return oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: pending.nonce,
    requireIdToken: true,
  })
}

/** Tokens, and when they go stale. */
interface Dated {
  readonly tokens: oauth.TokenEndpointResponse
  /** From this instant on they are not used any more: 30 s before their end, or the last tenth of a short life. */
  readonly staleAt: number
}

/** Their life counts from the request: an answer that was long on its way brings tokens of which less is left. */
async function dated(ask: () => Promise<oauth.TokenEndpointResponse>): Promise<Dated> {
  const askedAt = Date.now()
  const tokens = await ask()
  const { expires_in: life = Number.POSITIVE_INFINITY } = tokens
  return { tokens, staleAt: askedAt + (life - Math.min(30, life / 10)) * 1_000 }
}

/** The tokens of now. */
interface Tokens {
  readonly current: () => oauth.TokenEndpointResponse
  readonly isStale: () => boolean
  /** False where the provider gives no new ones. Rejects where it does not answer: the session may go on. */
  readonly renew: () => Promise<boolean>
}

function tokensOf({ server, client }: Provider, first: Dated): Tokens {
  let { tokens, staleAt } = first
  let renewing: Promise<boolean> | undefined
  const renewOnce = async (): Promise<boolean> => {
    const { refresh_token: kept } = tokens
    if (kept === undefined) return false
    try {
      const next = await dated(async () => {
        const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), kept)
        return oauth.processRefreshTokenResponse(server, client, response)
      })
      // Some providers keep the refresh token, and say nothing of it.
      tokens = { ...tokens, ...next.tokens }
      staleAt = next.staleAt
      return true
    } catch (error) {
      if (error instanceof oauth.ResponseBodyError) return false
      throw error
    }
  }
  return {
    current: () => tokens,
    isStale: () => Date.now() >= staleAt,
    // Several requests of one moment renew once.
    async renew() {
      renewing ??= renewOnce().finally(() => {
        renewing = undefined
      })
      return renewing
    },
  }
}

function sessionOf(provider: Provider, first: Dated, onEnd: () => void): Session {
  const tokens = tokensOf(provider, first)
  let isOver = false
  const end = (): Error => {
    if (!isOver) onEnd()
    isOver = true
    return new Error('Your session has ended; sign in again')
  }
  const sendOnce = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${tokens.current().access_token}`)
    return fetch(path, { ...init, headers })
  }
  return {
    name: nameIn(oauth.getValidatedIdTokenClaims(first.tokens) ?? {}),
    scopes: (first.tokens.scope ?? provider.settings.scopes.join(' ')).split(' '),
    async send(path, init) {
      if (isOver || (tokens.isStale() && !(await tokens.renew()))) throw end()
      const response = await sendOnce(path, init)
      // Refused before anything was done: so it may be sent once more.
      if (response.status !== 401) return response
      if (!(await tokens.renew())) throw end()
      return sendOnce(path, init)
    },
    signOut: () => signOut(provider, tokens.current()),
  }
}

function nameIn(claims: Readonly<Record<string, unknown>>): string {
  const names = ['email', 'preferred_username', 'name', 'sub'].map(claim => claims[claim])
  return names.find(name => typeof name === 'string' && name !== '') as string
}

async function signOut({ server, client }: Provider, tokens: oauth.TokenEndpointResponse): Promise<void> {
  sessionStorage.setItem(signedOutKey, 'yes')
  const { refresh_token: refresh, id_token: hint } = tokens
  if (refresh !== undefined && server.revocation_endpoint !== undefined) {
    // As good as it goes: it ends by itself, too.
    await oauth.revocationRequest(server, client, oauth.None(), refresh).catch(() => {})
  }
  if (server.end_session_endpoint === undefined) {
    window.location.assign(home())
    return
  }
  const to = new URL(server.end_session_endpoint)
  to.searchParams.set('client_id', client.client_id)
  to.searchParams.set('post_logout_redirect_uri', home())
  if (hint !== undefined) to.searchParams.set('id_token_hint', hint)
  window.location.assign(to)
}

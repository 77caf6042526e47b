/** A real OpenID provider on this machine, as people's companies have one: a login form, consent, sessions, tokens. */
import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { fileURLToPath } from 'node:url'
import { Provider, type ProviderContext } from 'oidc-provider'
import { listenOn } from '../../lib/dev/loopback.ts'

export interface OpenIdProvider {
  readonly issuer: string
  /** Of the tokens. */
  readonly publicKey: KeyObject
  /** `METHOD path` of each request so far. */
  readonly asked: string[]
  /** Seconds that the next access tokens live. */
  tokenSeconds: number
  /** What people may do, by the name that they sign in with. */
  readonly scopesOf: Map<string, string>
  close(): void
}

export interface OpenIdOptions {
  readonly clientId: string
  /** The only place that people are sent back to. */
  readonly home: string
  /** Resource that tokens are for. */
  readonly audience: string
}

const fixture = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)))

/** Speaks https with a certificate that nobody signed. */
export async function startOpenIdProvider(options: OpenIdOptions): Promise<OpenIdProvider> {
  const tls = { key: fixture('webhook-receiver.key.pem'), cert: fixture('webhook-receiver.cert.pem') }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let serve: ReturnType<Provider['callback']> = () => {}
  const server: Server = createServer(tls, (request, response) => {
    started.asked.push(`${request.method} ${(request.url ?? '').split('?', 1)[0]}`)
    serve(request, response)
  })
  const issuer = `https://127.0.0.1:${await listenOn(server, 0)}`
  const started: OpenIdProvider = {
    issuer,
    publicKey,
    asked: [],
    tokenSeconds: 600,
    scopesOf: new Map(),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  const key = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'one' }
  serve = new Provider(issuer, configuration(started, options, key)).callback()
  return started
}

const configuration = (
  state: Pick<OpenIdProvider, 'scopesOf' | 'tokenSeconds'>,
  { clientId, home, audience }: OpenIdOptions,
  key: JsonWebKey,
) => ({
  clients: [
    {
      client_id: clientId,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [home],
      post_logout_redirect_uris: [home],
    },
  ],
  jwks: { keys: [key] },
  cookies: { keys: ['for tests only'] },
  scopes: ['openid', 'offline_access'],
  pkce: { required: () => true },
  // Pages of the client may ask for tokens.
  clientBasedCORS: (_: ProviderContext, origin: string) => `${origin}/` === home,
  findAccount: (_: ProviderContext, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    devInteractions: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: ({ oidc }: ProviderContext) => ({
        scope: state.scopesOf.get(oidc.account?.accountId ?? '') ?? 'jobs:read jobs:write jobs:operate',
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: state.tokenSeconds,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
})

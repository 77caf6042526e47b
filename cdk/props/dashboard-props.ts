import { Token } from 'aws-cdk-lib'
import { HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { maxDashboardBytes } from '../../lib/core/definition/deployment.ts'
import { objectIn, refuseUnknownKeys } from '../../lib/core/values/check-options.ts'
import { describedInput, InvalidInput } from '../../lib/core/values/errors.ts'
import { type ApiAuth, isJwt } from './api-auth.ts'

/** Where people sign in to the hosted dashboard: an OpenID provider with a public client for it. */
export interface DashboardOidc {
  /**
   * Id of the client: public (no secret), authorization code with PKCE, both redirect URIs the address of the API and a
   * slash, such as `https://jobs.example/`. 1 to 256 characters.
   */
  readonly clientId: string
  /** `https://…`, as the provider's tokens name it. @default that of `apiAuth.jwt`, which it has to be */
  readonly issuer?: string
  /**
   * What the page asks for, in addition to `openid`. Without `jobs:operate` it has no buttons. `offline_access` makes many
   * providers give a refresh token, with which a session goes on. @default jobs:read, jobs:operate
   */
  readonly scopes?: readonly string[]
  /**
   * Of the authorization request, for providers that want more to give a token for the API. @default none
   * @example { audience: 'jobs' }
   */
  readonly parameters?: Readonly<Record<string, string>>
  /**
   * Where the provider gives tokens, if that is not the issuer's origin: the page may ask no other.
   * @default the issuer's origin
   * @example 'https://shop.auth.eu-west-1.amazoncognito.com'
   */
  readonly tokenOrigin?: string
}

/** The hosted dashboard: see `JobRunnerProps.dashboard`. */
export interface DashboardProps {
  readonly oidc: DashboardOidc
}

/** With every default. */
export interface DashboardSettings {
  readonly oidc: Required<Omit<DashboardOidc, 'tokenOrigin'>>
  readonly tokenOrigin?: string
}

/** Set by the page itself. */
const ownParameters = [
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
]

type TokenAuth = Exclude<ApiAuth, string>

const apiScopes = ['jobs:read', 'jobs:operate']

/** Of a function's environment. */
export const dashboardBytes = ({ dashboard }: DashboardContext): number =>
  dashboard === undefined ? 0 : maxDashboardBytes

/** What counts of the props of a `JobRunner`. */
export interface DashboardContext {
  readonly api?: boolean
  readonly apiAuth?: ApiAuth
  readonly dashboard?: DashboardProps
}

/** @param where the construct, for messages @returns undefined without a dashboard @throws InvalidInput */
export function dashboardSettings(
  where: string,
  { api, apiAuth = 'iam', dashboard }: DashboardContext,
): DashboardSettings | undefined {
  if (dashboard === undefined) return undefined
  const field = `${where}.dashboard`
  objectIn(field, dashboard)
  refuseUnknownKeys(field, dashboard, ['oidc'])
  objectIn(`${field}.oidc`, dashboard.oidc)
  refuseUnknownKeys(`${field}.oidc`, dashboard.oidc, ['clientId', 'issuer', 'scopes', 'parameters', 'tokenOrigin'])
  if (api === false) throw new InvalidInput(`${where}.api`, false, 'true together with dashboard, which it serves')
  const given = typeof apiAuth === 'string' ? `'${apiAuth}'` : 'an authorizer without tokens'
  if (!takesTokens(apiAuth)) {
    const allowed =
      '{ jwt: { issuer, audience } } together with dashboard, or an authorizer that takes bearer tokens. For ' +
      'IAM there is the command `lamplighter dashboard --stack`'
    throw describedInput(`${where}.apiAuth`, given, allowed)
  }
  const { clientId, parameters = {}, scopes = apiScopes, tokenOrigin } = dashboard.oidc
  if (typeof clientId !== 'string' || clientId === '' || (!Token.isUnresolved(clientId) && clientId.length > 256)) {
    throw new InvalidInput(`${field}.oidc.clientId`, clientId, 'a text of 1 to 256 characters')
  }
  const issuer = issuerIn(`${field}.oidc.issuer`, dashboard.oidc.issuer, apiAuth)
  checkScopes(`${field}.oidc.scopes`, scopes, isJwt(apiAuth))
  checkParameters(`${field}.oidc.parameters`, parameters)
  if (tokenOrigin !== undefined) checkOrigin(`${field}.oidc.tokenOrigin`, tokenOrigin)
  const settings = {
    oidc: { issuer, clientId, scopes, parameters },
    ...(tokenOrigin === undefined ? {} : { tokenOrigin }),
  }
  const bytes = Buffer.byteLength(JSON.stringify(settings))
  const most = maxDashboardBytes - otherBytes
  if (bytes > most) throw describedInput(`${field}.oidc`, `${bytes} bytes as JSON`, `at most ${most}`)
  return settings
}

/** The variable's name, and the name of the stack. */
const otherBytes = 200

const takesTokens = (auth: ApiAuth): auth is TokenAuth =>
  typeof auth === 'object' && !(auth instanceof HttpIamAuthorizer) && !(auth instanceof HttpNoneAuthorizer)

function issuerIn(field: string, given: string | undefined, auth: TokenAuth): string {
  const ofApi = isJwt(auth) ? auth.jwt.issuer : undefined
  const issuer = given ?? ofApi
  if (issuer === undefined)
    throw describedInput(field, 'absent', 'the https URL of the issuer whose tokens apiAuth takes')
  if (ofApi !== undefined && issuer !== ofApi) {
    throw new InvalidInput(field, issuer, `${ofApi}, the issuer of apiAuth: the API takes no other tokens`)
  }
  const isUrl = typeof issuer === 'string' && (Token.isUnresolved(issuer) || /^https:\/\/[^\s]+$/.test(issuer))
  if (!isUrl) throw new InvalidInput(field, issuer, 'the https URL of an issuer, such as https://login.example')
  return issuer
}

/** Characters of a scope: RFC 6749, section 3.3. */
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/

function checkScopes(field: string, scopes: readonly string[], isScoped: boolean): void {
  const isList = Array.isArray(scopes) && scopes.length > 0 && scopes.length <= 10
  if (!isList) throw new InvalidInput(field, scopes, 'a list of 1 to 10 scopes')
  for (const [index, scope] of scopes.entries()) {
    if (typeof scope !== 'string' || !scopeForm.test(scope)) {
      throw new InvalidInput(`${field}[${index}]`, scope, 'a scope: 1 to 128 characters, no space, quote or backslash')
    }
  }
  if (isScoped && !apiScopes.some(scope => scopes.includes(scope))) {
    const allowed = 'a list with jobs:read or jobs:operate: without them the page sees nothing'
    throw describedInput(field, scopes.join(' '), allowed)
  }
}

function checkParameters(field: string, parameters: Readonly<Record<string, string>>): void {
  objectIn(field, parameters)
  for (const [name, value] of Object.entries(parameters)) {
    if (ownParameters.includes(name)) {
      throw describedInput(`${field}.${name}`, 'set by the page itself', `other names than ${ownParameters.join(', ')}`)
    }
    if (typeof value !== 'string' || value === '') throw new InvalidInput(`${field}.${name}`, value, 'a text')
  }
}

function checkOrigin(field: string, origin: string): void {
  const isOrigin = typeof origin === 'string' && origin.startsWith('https://') && URL.parse(origin)?.origin === origin
  if (!isOrigin && !Token.isUnresolved(origin)) {
    throw new InvalidInput(field, origin, 'https:// and a host, without a path, such as https://login.example')
  }
}

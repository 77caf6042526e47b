import { HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { describe, expect, it } from 'vitest'
import { type DashboardContext, type DashboardOidc, dashboardSettings } from '../../../../cdk/props/dashboard-props.ts'

const issuer = 'https://login.example'
const apiAuth = { jwt: { issuer, audience: ['jobs'] } }
const settings = (oidc: Partial<DashboardOidc>, context: DashboardContext = { apiAuth }) =>
  dashboardSettings('Runner', { ...context, dashboard: { oidc: { clientId: 'page', ...oidc } } })
const own = () => new HttpJwtAuthorizer('Jwt', issuer, { jwtAudience: ['jobs'] })

describe('dashboard', () => {
  it('takes the issuer of apiAuth, and asks for what the page can use', () => {
    expect(settings({})).toEqual({
      oidc: { issuer, clientId: 'page', scopes: ['jobs:read', 'jobs:operate'], parameters: {} },
    })
    expect(dashboardSettings('Runner', { apiAuth })).toBeUndefined()
  })

  it('takes all that can be said', () => {
    const oidc = { issuer, clientId: 'page', scopes: ['jobs:read', 'offline_access'], parameters: { audience: 'jobs' } }
    const tokenOrigin = 'https://tokens.example'
    expect(settings({ ...oidc, tokenOrigin })).toEqual({ oidc, tokenOrigin })
    expect(settings({ issuer, scopes: ['all'] }, { apiAuth: own() })).toMatchObject({ oidc: { scopes: ['all'] } })
  })

  const forIam =
    /allowed: \{ jwt: \{ issuer, audience \} \} together with dashboard, or an authorizer that takes bearer/
  it.each<[string, Partial<DashboardOidc>, DashboardContext, RegExp]>([
    ['no apiAuth', {}, {}, /^Runner\.apiAuth is 'iam'; allowed: \{ jwt/],
    ['iam', {}, { apiAuth: 'iam' }, /^Runner\.apiAuth is 'iam'; .*`lamplighter dashboard --stack`$/],
    ['none', {}, { apiAuth: 'none' }, /^Runner\.apiAuth is 'none'; allowed: \{ jwt/],
    ['an authorizer for IAM', {}, { apiAuth: new HttpIamAuthorizer() }, forIam],
    ['an authorizer for nobody', {}, { apiAuth: new HttpNoneAuthorizer() }, forIam],
    ['no API', {}, { apiAuth, api: false }, /^Runner\.api is false; allowed: true together with dashboard/],
    ['no issuer', {}, { apiAuth: own() }, /^Runner\.dashboard\.oidc\.issuer is absent; allowed: the https URL/],
    [
      'another issuer',
      { issuer: 'https://b.example' },
      { apiAuth },
      /allowed: https:\/\/login\.example, the issuer of apiAuth/,
    ],
    [
      'http',
      { issuer: 'http://b.example' },
      { apiAuth: own() },
      /\.oidc\.issuer is .http:\/\/b\.example.; allowed: the https URL/,
    ],
    ['no client', { clientId: '' }, { apiAuth }, /\.oidc\.clientId is .*; allowed: a text of 1 to 256 characters/],
    ['a long client', { clientId: 'x'.repeat(257) }, { apiAuth }, /a text of 1 to 256 characters/],
    ['no scopes', { scopes: [] }, { apiAuth }, /\.oidc\.scopes is .*; allowed: a list of 1 to 10 scopes/],
    ['two scopes in one', { scopes: ['jobs:read jobs:operate'] }, { apiAuth }, /\.oidc\.scopes\[0\] is .*no space/],
    ['scopes that see nothing', { scopes: ['jobs:write'] }, { apiAuth }, /a list with jobs:read or jobs:operate/],
    ['a parameter of ours', { parameters: { state: 'x' } }, { apiAuth }, /parameters\.state is set by the page itself/],
    [
      'an empty parameter',
      { parameters: { audience: '' } },
      { apiAuth },
      /parameters\.audience is .*; allowed: a text/,
    ],
    ['a path', { tokenOrigin: 'https://a.example/oauth2' }, { apiAuth }, /\.oidc\.tokenOrigin is .*without a path/],
    [
      'a second directive',
      { tokenOrigin: "https://a.example; script-src 'unsafe-inline'" },
      { apiAuth },
      /tokenOrigin is /,
    ],
    [
      'too much',
      { parameters: { resource: 'x'.repeat(900) } },
      { apiAuth },
      /\.oidc is \d+ bytes as JSON; allowed: at most 800/,
    ],
    ['a secret', { clientSecret: 'x' } as object, { apiAuth }, /\.oidc\.clientSecret is not an option/],
  ])('refuses %s', (_, oidc, context, message) => {
    expect(() => settings(oidc, context)).toThrow(message)
  })

  it('refuses what is no object', () => {
    expect(() => dashboardSettings('Runner', { apiAuth, dashboard: true as never })).toThrow(/an object of options/)
    expect(() => dashboardSettings('Runner', { apiAuth, dashboard: {} as never })).toThrow(/dashboard\.oidc is /)
  })
})

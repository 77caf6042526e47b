import { Token } from 'aws-cdk-lib'
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { objectIn, refuseUnknownKeys } from '../../lib/core/values/check-options.ts'
import { InvalidInput } from '../../lib/core/values/errors.ts'

/** Tokens that API Gateway checks itself: signature, issuer, audience, time, and the scope of the route. */
export interface JwtAuth {
  /** `https://…`; API Gateway reads its keys at `/.well-known/openid-configuration` below it. */
  readonly issuer: string
  /** A token is for one of these: its `aud`, or else its `client_id`. 1 to 50. */
  readonly audience: readonly string[]
}

/** Who may call the API: see `JobRunnerProps.apiAuth`. */
export type ApiAuth = 'iam' | 'none' | { readonly jwt: JwtAuth } | IHttpRouteAuthorizer

export const isJwt = (auth: ApiAuth): auth is { readonly jwt: JwtAuth } => typeof auth === 'object' && 'jwt' in auth

/** @throws InvalidInput */
export function checkApiAuth(where: string, auth: ApiAuth): void {
  if (auth === 'iam' || auth === 'none') return
  const isAuthorizer = typeof auth === 'object' && auth !== null && 'bind' in auth && typeof auth.bind === 'function'
  if (isAuthorizer) return
  if (typeof auth !== 'object' || auth === null || !isJwt(auth)) {
    throw new InvalidInput(where, auth, "'iam', 'none', { jwt: { issuer, audience } } or an IHttpRouteAuthorizer")
  }
  refuseUnknownKeys(where, auth, ['jwt'])
  objectIn(`${where}.jwt`, auth.jwt)
  refuseUnknownKeys(`${where}.jwt`, auth.jwt, ['issuer', 'audience'])
  checkJwt(`${where}.jwt`, auth.jwt)
}

/** docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html */
function checkJwt(where: string, { issuer, audience }: JwtAuth): void {
  if (typeof issuer !== 'string' || !(Token.isUnresolved(issuer) || /^https:\/\/[^\s]+$/.test(issuer))) {
    throw new InvalidInput(`${where}.issuer`, issuer, 'the https URL of an issuer, such as https://login.example')
  }
  const rule = 'a list of 1 to 50 texts'
  if (!Array.isArray(audience) || audience.length === 0 || audience.length > 50) {
    throw new InvalidInput(`${where}.audience`, audience, rule)
  }
  for (const [index, one] of audience.entries()) {
    if (typeof one !== 'string' || one === '') throw new InvalidInput(`${where}.audience[${index}]`, one, rule)
  }
}

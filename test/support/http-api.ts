/**
 * An HTTP API as the template describes it, in front of a function: routes, the most specific first, and the JWT authorizer's
 * checks of signature, issuer, audience, time and scope. docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
import { type KeyObject, verify } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { httpEvent } from '../../lib/dev/http/event.ts'
import { gatewayResponse, type HttpResponse, httpResponse } from '../../lib/dev/http/response.ts'
import { listenOn } from '../../lib/dev/loopback.ts'
import { idsOf, propertiesOf, type SynthesisedTemplate } from './template.ts'

interface ApiRoute {
  readonly key: string
  readonly method: string
  readonly segments: readonly string[]
  /** Absent: open. */
  readonly scopes?: readonly string[]
}

interface Jwt {
  readonly Issuer: string
  readonly Audience: readonly string[]
}

export interface HttpApiOptions {
  readonly template: SynthesisedTemplate
  readonly port: number
  readonly publicKey: KeyObject
  readonly invoke: (event: object) => Promise<unknown>
}

export interface HttpApiServer {
  readonly url: string
  /** `METHOD path status` of each answer below /v1. */
  readonly answered: string[]
  /** Stands in for somebody on the way: the next request for a page with a query goes to another address. */
  divertOnce(change: (asked: URL) => void): void
  /** The next request for data is refused, as one with a token that was withdrawn. */
  refuseOnce(): void
  close(): void
}

export async function startHttpApi(options: HttpApiOptions): Promise<HttpApiServer> {
  const answered: string[] = []
  let divert: ((asked: URL) => void) | undefined
  let isRefusing = false
  const server = createServer((request, response) => {
    if (divert !== undefined && request.url?.startsWith('/?') === true) {
      const asked = new URL(request.url, `http://${request.headers.host}`)
      divert(asked)
      divert = undefined
      response.writeHead(302, { location: asked.href }).end()
      return
    }
    if (isRefusing && request.url?.startsWith('/v1/') === true) {
      isRefusing = false
      answered.push(`${request.method} ${request.url} 401`)
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Unauthorized"}')
      return
    }
    void answer(request, options).then(({ status, headers, body }) => {
      if (request.url?.startsWith('/v1/') === true) answered.push(`${request.method} ${request.url} ${status}`)
      for (const [name, value] of headers) response.appendHeader(name, value)
      response.writeHead(status).end(body)
    })
  })
  const port = await listenOn(server, options.port)
  return {
    url: `http://127.0.0.1:${port}`,
    answered,
    divertOnce: change => {
      divert = change
    },
    refuseOnce: () => {
      isRefusing = true
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function answer(request: IncomingMessage, options: HttpApiOptions): Promise<HttpResponse> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const { method = 'GET', url: target = '/', httpVersion, rawHeaders } = request
  const found = routeOf(routesIn(options.template), method, new URL(target, 'http://a').pathname)
  if (found === undefined) return gatewayResponse(404, 'Not Found')
  const body = Buffer.concat(chunks)
  const event = httpEvent({ method, target, httpVersion, rawHeaders, body, sourceIp: '127.0.0.1' }, 'id', Date.now())
  const verdict = authorize(found, event.headers['authorization'] ?? '', options)
  if (typeof verdict === 'string') return gatewayResponse(verdict === 'Forbidden' ? 403 : 401, verdict)
  // What the local stack says of the caller is not what a gateway says.
  const { authorizer: _, ...context } = event.requestContext
  const requestContext = { ...context, routeKey: found.key, ...verdict }
  const payload = await options.invoke({ ...event, routeKey: found.key, requestContext })
  return httpResponse({ kind: 'returned', payload })
}

const routesIn = (template: SynthesisedTemplate): readonly ApiRoute[] =>
  idsOf(template, 'AWS::ApiGatewayV2::Route').map(id => {
    const route = propertiesOf(template, id)
    const key = String(route['RouteKey'])
    const [method = '', path = ''] = key.split(' ')
    const scopes = route['AuthorizationScopes'] as readonly string[] | undefined
    const guard = route['AuthorizationType'] === 'JWT' ? { scopes: scopes ?? [] } : {}
    return { key, method, segments: path.slice(1).split('/'), ...guard }
  })

/** Exact before `{name}` before `{proxy+}`; the method before `ANY`. */
function routeOf(routes: readonly ApiRoute[], method: string, path: string): ApiRoute | undefined {
  const parts = path.slice(1).split('/')
  const fits = routes.filter(route => [method, 'ANY'].includes(route.method) && isMatch(route.segments, parts))
  const rank = ({ segments, method: own }: ApiRoute): string =>
    segments.map(one => (one === '{proxy+}' ? '2' : one.startsWith('{') ? '1' : '0')).join('') +
    (own === 'ANY' ? '1' : '0')
  return fits.toSorted((a, b) => rank(a).localeCompare(rank(b)))[0]
}

function isMatch(segments: readonly string[], parts: readonly string[]): boolean {
  const isGreedy = segments.at(-1) === '{proxy+}'
  if (isGreedy ? parts.length < segments.length : parts.length !== segments.length) return false
  return segments.every((one, index) => one === parts[index] || (one.startsWith('{') && parts[index] !== ''))
}

type Claims = Readonly<Record<string, unknown>>

/** What the event gets of the token; a text where the gateway answers itself. */
function authorize(route: ApiRoute, header: string, { template, publicKey }: HttpApiOptions): object | string {
  if (route.scopes === undefined) return {}
  const claims = claimsOf(/^Bearer (\S+)$/.exec(header)?.[1] ?? '', publicKey)
  const [id = ''] = idsOf(template, 'AWS::ApiGatewayV2::Authorizer')
  const { Issuer: issuer, Audience: audience } = propertiesOf(template, id)['JwtConfiguration'] as Jwt
  const isFor = [claims?.['aud'] ?? claims?.['client_id']].flat().some(one => audience.includes(String(one)))
  if (claims?.['iss'] !== issuer || !isFor || Number(claims['exp']) * 1_000 <= Date.now()) return 'Unauthorized'
  const { scope: granted = '' } = claims as { readonly scope?: string }
  if (!route.scopes.some(scope => granted.split(' ').includes(scope))) return 'Forbidden'
  return { authorizer: { jwt: { claims, scopes: route.scopes } } }
}

function claimsOf(token: string, key: KeyObject): Claims | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const isGenuine = verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))
  return isGenuine ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims) : undefined
}

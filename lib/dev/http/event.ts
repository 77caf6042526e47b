import type { APIGatewayProxyEventV2WithIAMAuthorizer } from 'aws-lambda'

/** An HTTP request as it came over the wire, read to its end. */
export interface HttpRequest {
  readonly method: string
  /** Path and query, as in the request line. */
  readonly target: string
  readonly httpVersion: string
  /** Names and values in turn, as node:http's `rawHeaders`. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly sourceIp: string
}

/**
 * The content types that API Gateway's HTTP APIs pass on as text; all others, and bodies without a type, arrive in
 * base64. AWS does not list them; these are what it was seen to do.
 */
const textTypes = /^(?:text\/[^;]+|application\/(?:json|xml|javascript))\s*(?:;|$)/i

/** Nobody signs in here: whoever reaches this machine is `local`, whatever the headers say. */
const authorizer = { iam: { userArn: 'local' } }

export type LocalEvent = Omit<APIGatewayProxyEventV2WithIAMAuthorizer, 'requestContext'> & {
  readonly requestContext: Omit<APIGatewayProxyEventV2WithIAMAuthorizer['requestContext'], 'authorizer'> & {
    readonly authorizer: typeof authorizer
  }
}

/** The event that API Gateway (HTTP API, payload format 2.0) would send for a request. */
export function httpEvent(request: HttpRequest, requestId: string, now: number): LocalEvent {
  const { path, query } = splitTarget(request.target)
  const { headers, cookies } = headersOf(request.rawHeaders)
  const contentType = headers['content-type'] ?? ''
  const isBase64Encoded = request.body.length > 0 && !textTypes.test(contentType)
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers,
    ...(query === '' ? {} : { queryStringParameters: parametersOf(query) }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      authorizer,
      domainName: headers['host'] ?? '',
      domainPrefix: '',
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: gatewayTime(now),
      timeEpoch: now,
    },
    ...(request.body.length === 0 ? {} : { body: request.body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  }
}

function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?')
  const raw = mark === -1 ? target : target.slice(0, mark)
  return { path: decoded(raw), query: mark === -1 ? '' : target.slice(mark + 1) }
}

/** API Gateway hands on the path decoded; one that cannot be decoded stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Names in lower case, repeated ones joined by commas; cookies go to a list of their own. */
function headersOf(raw: readonly string[]) {
  const headers = new Map<string, string>()
  const cookies: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const value = raw[index + 1] ?? ''
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter(cookie => cookie !== ''))
    else headers.set(name, headers.has(name) ? `${headers.get(name)},${value}` : value)
  }
  // From entries: a header called __proto__ is a header.
  return { headers: Object.fromEntries(headers) as Record<string, string>, cookies }
}

function parametersOf(query: string): Record<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before},${value}`)
  }
  return Object.fromEntries(values)
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `22/Nov/2026:03:45:23 +0000`. */
function gatewayTime(now: number): string {
  const [date = '', rest = ''] = new Date(now).toISOString().split('T')
  const [year, month, day] = date.split('-')
  return `${day}/${months[Number(month) - 1]}/${year}:${rest.slice(0, 8)} +0000`
}

/**
 * API Gateway's HTTP APIs (payload format 2.0) and Lambda function URLs. Invalid base64 is the caller's
 * fault, and a `?` that the gateway decoded in a path begins no query.
 */
import { describedInput, LamplighterError } from '../core/values/errors.ts'
import type { Deps } from '../ports/deps.ts'
import { createHttpApp, type HttpBindings, type OnError } from './app.ts'
import { problemResponse } from './problem.ts'
import type { HttpOptions } from './route.ts'

/** What is read of an event; APIGatewayProxyEventV2 and LambdaFunctionURLEvent of @types/aws-lambda have it all. */
export interface HttpEvent {
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies?: readonly string[]
  readonly body?: string
  readonly isBase64Encoded: boolean
  readonly requestContext: {
    readonly requestId: string
    readonly http: { readonly method: string }
    /** Whom the gateway's authorizer found; what a Lambda authorizer says of them is not read. */
    readonly authorizer?: {
      readonly iam?: { readonly userArn?: string | null }
      readonly jwt?: { readonly claims: Readonly<Record<string, unknown>> }
    }
  }
}

/** An APIGatewayProxyStructuredResultV2. */
export interface HttpResult {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly cookies?: string[]
  readonly body: string
  readonly isBase64Encoded: boolean
}

export type HttpHandler = (event: HttpEvent) => Promise<HttpResult>

/** The handler of the API function. */
export function apiHandler(deps: Deps, onError: OnError, options?: HttpOptions): HttpHandler {
  const app = createHttpApp(deps, onError, options)
  return lambdaHandler((request, bindings) => app.fetch(request, bindings))
}

/** A handler that answers with what `fetch` answers, as text. It rejects for an event that is not HTTP. */
export function lambdaHandler(
  fetch: (request: Request, bindings: HttpBindings) => Response | Promise<Response>,
): HttpHandler {
  return async event => {
    const { requestId } = event.requestContext
    const request = requestOrRefusal(event)
    const isRequest = request instanceof Request
    const bindings = { requestId, ...callerOf(event) }
    return resultOf(isRequest ? await fetch(request, bindings) : problemResponse(request, requestId))
  }
}

/** Longer names are cut: they stand in records. */
const maxCallerLength = 256

/** The person or the role that signed the request, or the subject of the token. */
function callerOf({ requestContext: { authorizer } }: HttpEvent): { readonly caller?: string } {
  const caller = authorizer?.iam?.userArn ?? authorizer?.jwt?.claims['sub']
  return typeof caller === 'string' && caller !== '' ? { caller: caller.slice(0, maxCallerLength) } : {}
}

function requestOrRefusal(event: HttpEvent): Request | LamplighterError {
  try {
    return requestOf(event)
  } catch (error) {
    if (error instanceof LamplighterError) return error
    // Request and Headers of the platform refused it. A gateway never sends such an event; a direct invocation can.
    const reason = error instanceof Error ? error.message : 'not HTTP'
    return describedInput('request', `not HTTP: ${reason}`, 'a method and headers that HTTP allows')
  }
}

function requestOf(event: HttpEvent): Request {
  const { method } = event.requestContext.http
  // Nothing here depends on the host, and the one in the event is the caller's.
  const url = new URL('https://api.invalid')
  // Function URLs hand on the path as it was sent, HTTP APIs decoded: what would not be read as part of a path again
  // must be encoded. `pathname` does it for `?`, `#`, spaces and others, but drops these or reads them as a slash.
  url.pathname = event.rawPath.replace(/[\\\t\n\r]/g, encodeURIComponent)
  url.search = event.rawQueryString
  const headers = headersOf(event)
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers })
  return new Request(url, { method, headers, body: bodyOf(event) })
}

function headersOf({ headers: given, cookies = [] }: HttpEvent): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers.append(name, asBytes(value))
  }
  if (cookies.length > 0) headers.set('cookie', asBytes(cookies.join('; ')))
  return headers
}

/** Header values are bytes to `Headers`, a character each; text beyond that becomes the bytes it was on the wire. */
const asBytes = (value: string): string =>
  /^[\0-\xff]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1')

/** Bytes, for text would bring a content type of its own. */
function bodyOf({ body = '', isBase64Encoded }: HttpEvent): Uint8Array<ArrayBuffer> {
  if (!isBase64Encoded) return Buffer.from(body, 'utf8')
  const bytes = Buffer.from(body, 'base64')
  // Buffer skips what is not base64; encoded again, it must be what was given.
  if (bytes.toString('base64') !== body) throw describedInput('body', 'not base64', 'base64, as isBase64Encoded says')
  return bytes
}

async function resultOf(response: Response): Promise<HttpResult> {
  const cookies = response.headers.getSetCookie()
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'set-cookie'))
  return {
    statusCode: response.status,
    headers,
    ...(cookies.length === 0 ? {} : { cookies }),
    body: await response.text(),
    isBase64Encoded: false,
  }
}

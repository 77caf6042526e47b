/** Between the page and the API of the target: what the page asks goes on under the person's own rights. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { LamplighterError } from '../../core/values/errors.ts'
import type { Endpoint } from '../api.ts'

/** What is read of the event that the local server makes of a request. */
export interface PageRequest {
  /** Decoded. */
  readonly rawPath: string
  readonly rawQueryString: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies?: readonly string[]
  readonly body?: string
  readonly isBase64Encoded: boolean
  readonly requestContext: { readonly http: { readonly method: string } }
}

export interface PageAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface PassOn {
  readonly endpoint: Endpoint
  /** Which the browser keeps as a cookie. */
  readonly token: string
  readonly canWrite: boolean
}

/** The others say something of this machine: cookie, origin, host. */
const requestHeaders = ['accept', 'content-type', 'if-match', 'if-none-match', 'idempotency-key']
const answerHeaders = ['content-type', 'etag', 'retry-after', 'allow']

/** Never rejects: what goes wrong on the way is an answer. */
export async function passOn({ endpoint, token, canWrite }: PassOn, asked: PageRequest): Promise<PageAnswer> {
  const { method } = asked.requestContext.http
  // Programs too need the token here: other people of this machine are not the one whose credentials sign.
  if (!(asked.cookies ?? []).some(cookie => isToken(cookie, token))) {
    return problem(401, 'not_allowed', 'Open the address that `lamplighter dashboard` printed: it holds the token')
  }
  if (!canWrite && method !== 'GET' && method !== 'HEAD') {
    return problem(403, 'read_only', 'The dashboard is read-only; start it with --write')
  }
  try {
    return await answerOf(await endpoint.send(requestOf(endpoint.url, method, asked)))
  } catch (error) {
    if (error instanceof LamplighterError) return problem(502, error.code, error.message)
    return problem(502, 'unavailable', `nothing answers at ${endpoint.url}`)
  }
}

/** `<name>=<token>`; compared by hashes, which have one length. */
const isToken = (cookie: string, token: string): boolean =>
  timingSafeEqual(hashOf(cookie.slice(cookie.indexOf('=') + 1)), hashOf(token))

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()

function requestOf(base: string, method: string, asked: PageRequest): Request {
  // Names of the API have no slash, so each part is one name.
  const path = asked.rawPath.split('/').map(encodeURIComponent).join('/')
  const url = `${base}${path}${asked.rawQueryString === '' ? '' : `?${asked.rawQueryString}`}`
  const headers = requestHeaders.flatMap(name => {
    const value = asked.headers[name]
    return value === undefined ? [] : [[name, value] as [string, string]]
  })
  const { body } = asked
  const sent = body === undefined ? {} : { body: Buffer.from(body, asked.isBase64Encoded ? 'base64' : 'utf8') }
  return new Request(url, { method, headers, ...sent, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
}

/** API Gateway gives up after 30 seconds. */
const timeoutMs = 35_000

async function answerOf(response: Response): Promise<PageAnswer> {
  const headers = answerHeaders.flatMap(name => {
    const value = response.headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return { statusCode: response.status, headers: Object.fromEntries(headers), body: await response.text() }
}

const problem = (statusCode: number, code: string, detail: string): PageAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ status: statusCode, code, detail }),
})

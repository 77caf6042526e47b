/** The dashboard as the API's function serves it, to everybody: it holds no data. Loaded at the first request for it. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { readPage } from './page-files.ts'
import { dashboardSite, type OidcSettings, type SiteAnswer } from './site.ts'

/** What the construct says in `LAMPLIGHTER_DASHBOARD`, as JSON. */
export interface HostedSettings {
  /** Name of the stack. */
  readonly target: string
  readonly oidc: OidcSettings
  /** Where tokens are asked for, if it is not the issuer's origin. */
  readonly tokenOrigin?: string
}

/** What is read of an event of API Gateway, payload format 2.0. */
export interface PageRequest {
  readonly rawPath: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface PageAnswer {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: string
  readonly isBase64Encoded: boolean
}

/**
 * The handler for the routes of the page. Whatever path it gets, it answers with files of the page or with 404.
 * @param folder with the files, next to the function's code
 */
export function hostedPage(
  { target, oidc, tokenOrigin }: HostedSettings,
  folder: URL = new URL('./dashboard/', import.meta.url),
): (request: PageRequest) => PageAnswer {
  const origins = [new URL(oidc.issuer).origin, ...(tokenOrigin === undefined ? [] : [tokenOrigin])]
  // What people may do, the scopes of their tokens say.
  const served = { target, isLocal: false, canAct: false, oidc }
  const site = dashboardSite(readPage(folder), served, [...new Set(origins)])
  const made = new Map<SiteAnswer['body'], Encoded>()
  return ({ rawPath, headers }) => {
    const found = site(rawPath)
    if (found === undefined) return notFound
    const encoded = made.get(found.body) ?? encode(found.body)
    made.set(found.body, encoded)
    return answerOf(found, encoded, headers)
  }
}

/** A file as it goes over the wire: API Gateway compresses nothing, and bytes travel as base64. */
interface Encoded {
  readonly etag: string
  readonly gzipped: string
}

const encode = (body: Buffer): Encoded => ({
  etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
  gzipped: gzipSync(body, { level: 9 }).toString('base64'),
})

function answerOf(
  { headers: given, body }: SiteAnswer,
  { etag, gzipped }: Encoded,
  asked: PageRequest['headers'],
): PageAnswer {
  const headers: Record<string, string> = { ...Object.fromEntries(given), ...always, etag, vary: 'accept-encoding' }
  // A list of tags, each maybe weak: the same file is the same file.
  if ((asked['if-none-match'] ?? '').includes(etag)) {
    return { statusCode: 304, headers, body: '', isBase64Encoded: false }
  }
  const isGzip = /\bgzip\b/.test(asked['accept-encoding'] ?? '')
  return {
    statusCode: 200,
    headers: { ...headers, ...(isGzip ? { 'content-encoding': 'gzip' } : {}) },
    body: isGzip ? gzipped : body.toString('base64'),
    isBase64Encoded: true,
  }
}

/** Browsers come back by https only, and no page of another site gets a handle of this one's window. */
const always = {
  'strict-transport-security': 'max-age=31536000',
  'cross-origin-opener-policy': 'same-origin',
}

const notFound: PageAnswer = {
  statusCode: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: 'There is no such page',
  isBase64Encoded: false,
}

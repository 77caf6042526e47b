/**
 * Who may use the port. Programs of this machine may do everything: they send neither `Origin` nor `Sec-Fetch-Site`. A
 * page gets data only if it came from this very port, in a browser that was given the token; other pages get nothing.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isFromPage, isOwnHost } from '../loopback.ts'

export interface GuardedRequest {
  readonly method: string
  /** Path and query, as in the request line. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
}

export interface Access {
  /** Secret of the stack: in the address that it prints, then in a cookie. */
  readonly token: string
  /** Cookies do not know ports: two stacks need two names. */
  readonly port: number
}

export type Verdict =
  /** `siteOnly`: to the pages and their files, which hold no data. */
  | { readonly kind: 'pass'; readonly siteOnly: boolean }
  | { readonly kind: 'refuse'; readonly status: number; readonly message: string }
  /** The browser keeps the token as a cookie, and asks again without it in the address. */
  | { readonly kind: 'login'; readonly location: string; readonly cookie: string }

const pass: Verdict = { kind: 'pass', siteOnly: false }
const refuse = (status: number, message: string): Verdict => ({ kind: 'refuse', status, message })

/** Whether a path is the API's: what is below it holds data, everything else is the same for everybody. */
export const isApiPath = (path: string): boolean => path === '/v1' || path.startsWith('/v1/')

export function admit(request: GuardedRequest, access: Access): Verdict {
  const { method, target, headers } = request
  if (!isOwnHost(headers.host)) return refuse(421, 'Misdirected Request')
  const url = URL.parse(target, 'http://127.0.0.1')
  if (url === null) return refuse(400, 'Bad Request')
  if (method === 'GET' && !isApiPath(url.pathname) && url.searchParams.has('token')) return login(url, access)
  if (!isFromPage(headers)) return pass
  const isRead = method === 'GET' || method === 'HEAD'
  if (isRead && !isApiPath(url.pathname)) return { kind: 'pass', siteOnly: true }
  return isBearer(headers.authorization, access.token) ? pass : pageVerdict(headers, isRead, access)
}

function login(url: URL, { token, port }: Access): Verdict {
  if (!isSame(url.searchParams.get('token') ?? '', token)) {
    return refuse(403, 'The token is not that of this stack; open the address that it printed when it started')
  }
  url.searchParams.delete('token')
  // A path that begins with two slashes is another host to a browser.
  const location = `${url.pathname.replace(/^\/+/, '/')}${url.search}`
  return { kind: 'login', location, cookie: `${cookieName(port)}=${token}; Path=/; HttpOnly; SameSite=Strict` }
}

/** SameSite alone is not enough: pages of other ports of this machine are of the same site. */
function pageVerdict(headers: IncomingHttpHeaders, isRead: boolean, access: Access): Verdict {
  const site = headers['sec-fetch-site']
  // `none`: a person typed the address.
  const isOwn = site === 'same-origin' || site === undefined || (site === 'none' && isRead)
  const isOwnOrigin = headers.origin === undefined || headers.origin === `http://${headers.host}`
  if (!isOwn || !isOwnOrigin) return refuse(403, 'Pages of other origins may not use the local stack')
  if (!isSame(cookieIn(headers.cookie, cookieName(access.port)), access.token)) {
    return refuse(401, 'Open the address that the stack printed when it started: it holds the token')
  }
  if (!isRead && !/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
    return refuse(415, 'content-type must be application/json')
  }
  return pass
}

const cookieName = (port: number): string => `lamplighter-${port}`

function cookieIn(header: string | undefined, name: string): string {
  const pairs = (header ?? '').split(/;\s*/)
  return pairs.find(pair => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
}

const isBearer = (header: string | undefined, token: string): boolean =>
  isSame(/^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? '', token)

function isSame(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)]
  return one.length === other.length && timingSafeEqual(one, other)
}

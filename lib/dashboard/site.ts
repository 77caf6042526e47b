/** The dashboard's files as answers, with what keeps a browser from running anything else. */
import type { PageFiles } from './page-files.ts'
import { pagePaths } from './page-paths.ts'

/** What the page is told of its server. */
export interface Served {
  /** Name of what it shows: `local`, or that of a stack. */
  readonly target: string
  readonly isLocal: boolean
  /** Whether it shows buttons. What is allowed, the API decides. */
  readonly canAct: boolean
  /** Where people sign in before they see anything. Absent where whoever loads the page is known already. */
  readonly oidc?: OidcSettings
}

/** What a page needs to sign people in. Nothing of it is a secret. */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  /** Asked for in addition to `openid`. */
  readonly scopes: readonly string[]
  /** Of the authorization request, in addition to those of OpenID Connect. */
  readonly parameters: Readonly<Record<string, string>>
}

export interface SiteAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

/** Answers a path without its query; undefined where the dashboard has nothing. */
export type Site = (path: string) => SiteAnswer | undefined

/** No script and no style but its own files, no frame, no form, and no data but of this origin and those named. */
const contentSecurityPolicy = (origins: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["connect-src 'self'", ...origins].join(' '),
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
}

const pages = new RegExp(`^(?:${pagePaths.map(path => path.replace('{name}', '[^/]+')).join('|')})$`)

/** @param origins what the page may ask in addition to its own, as `https://login.example`. @default none */
export function dashboardSite(files: PageFiles, served: Served, origins: readonly string[] = []): Site {
  const policy = contentSecurityPolicy(origins)
  const all: Readonly<Record<string, Buffer>> = {
    ...files,
    '/assets/served.json': Buffer.from(JSON.stringify(served)),
  }
  return path => {
    const name = pages.test(path) ? '/index.html' : path
    const body = Object.hasOwn(all, name) ? all[name] : undefined
    return body === undefined ? undefined : { status: 200, headers: headersOf(name, policy), body }
  }
}

const headersOf = (name: string, policy: string): SiteAnswer['headers'] => [
  ['content-type', types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'],
  ['content-security-policy', policy],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cache-control', 'no-cache'],
]

/** The dashboard's files as answers, with what keeps a browser from running anything else. */
import { type PageFiles, pageFiles } from './bundle-page.ts'

/** What the page is told of its server. */
export interface Served {
  /** Name of what it shows: `local`, or that of a stack. */
  readonly target: string
  readonly isLocal: boolean
  /** Whether it shows buttons. What is allowed, the API decides. */
  readonly canAct: boolean
}

export interface SiteAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

/** The dashboard of a stack on this machine. */
export const localSite = async (): Promise<(path: string) => SiteAnswer | undefined> =>
  dashboardSite(await pageFiles(), { target: 'local', isLocal: true, canAct: true })

/** No script and no style but its own files, no frame, no form, and no data but of this origin. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
}

const pages = /^\/(?:(?:queues|jobs)(?:\/[^/]+)?|errors|schedules|live)?$/

/** @returns the answer to a path without its query; undefined where the dashboard has nothing */
export function dashboardSite(files: PageFiles, served: Served): (path: string) => SiteAnswer | undefined {
  const all: Readonly<Record<string, Buffer>> = {
    ...files,
    '/assets/served.json': Buffer.from(JSON.stringify(served)),
  }
  return path => {
    const name = pages.test(path) ? '/index.html' : path
    const body = Object.hasOwn(all, name) ? all[name] : undefined
    return body === undefined ? undefined : { status: 200, headers: headersOf(name), body }
  }
}

const headersOf = (name: string): SiteAnswer['headers'] => [
  ['content-type', types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'],
  ['content-security-policy', contentSecurityPolicy],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cache-control', 'no-cache'],
]

/** The HTTP API as commands use it: JSON out, JSON in, and every refusal an error with an exit code. */
import { LamplighterError, Unavailable } from '../core/values/errors.ts'

export interface ApiRequest {
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface ApiAnswer<Body = unknown> {
  readonly status: number
  readonly body: Body
  readonly etag: string | undefined
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Api {
  /**
   * @param path begins with `/v1/`; its parts are encoded
   * @throws ApiRefusal, Unavailable; NotAllowed or NoTarget where there is nobody to ask
   */
  request<Body>(method: Method, path: string, request?: ApiRequest): Promise<ApiAnswer<Body>>
  /** What is asked. Looks for it, and asks it nothing. */
  endpoint(): Promise<Endpoint>
}

/** An API that was found: its address, and how a request gets there. */
export interface Endpoint {
  readonly url: string
  /** Says in a line what it is and who asks; absent where it is a local stack. */
  readonly label?: string
  /** What an unreachable address most likely means. */
  readonly hint?: string
  send(request: Request): Promise<Response>
}

/** What the API said no to. */
class ApiRefusal extends LamplighterError {
  override readonly name = 'ApiRefusal'
  readonly code: string
  readonly status: number
  readonly state?: string
  readonly possible?: readonly string[]

  constructor(status: number, { code, message, state, possible }: Refused) {
    super(possible === undefined || possible.length === 0 ? message : `${message}; possible: ${possible.join(', ')}`)
    this.code = code
    this.status = status
    if (state !== undefined) this.state = state
    if (possible !== undefined) this.possible = possible
  }
}

interface Refused {
  readonly code: string
  readonly message: string
  readonly state?: string
  readonly possible?: readonly string[]
}

/** An answer that takes longer is given up. API Gateway gives up after 30 seconds. */
const timeoutMs = 35_000

/** @param find looks for the target; called once, at the first request */
export function apiOn(find: () => Promise<Endpoint>): Api {
  let found: Promise<Endpoint> | undefined
  const endpoint = (): Promise<Endpoint> => (found ??= find())
  return {
    endpoint,
    async request<Body>(method: Method, path: string, { query = {}, body, headers = {} }: ApiRequest = {}) {
      const target = await endpoint()
      const url = new URL(`${target.url}${path}`)
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) url.searchParams.set(name, String(value))
      }
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      // Also without a body: no form of a web page can send this type, so the API asks for it.
      const type = method === 'GET' ? {} : { 'content-type': 'application/json' }
      const signal = AbortSignal.timeout(timeoutMs)
      const request = new Request(url, { method, headers: { ...type, ...headers }, ...sent, signal, redirect: 'error' })
      return answerOf<Body>(await reached(target, request))
    },
  }
}

async function reached(endpoint: Endpoint, request: Request): Promise<Response> {
  try {
    return await endpoint.send(request)
  } catch (error) {
    if (error instanceof LamplighterError) throw error
    const reason = endpoint.hint === undefined ? reasonOf(error) : new Error(endpoint.hint, { cause: error })
    throw new Unavailable(`nothing answers at ${endpoint.url}`, reason)
  }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): Error {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? cause : new Error(String(cause))
}

async function answerOf<Body>(response: Response): Promise<ApiAnswer<Body>> {
  const text = await response.text()
  const body = parsed(text)
  if (!response.ok) throw new ApiRefusal(response.status, refusedIn(body, response, text))
  return { status: response.status, body: body as Body, etag: response.headers.get('etag') ?? undefined }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

const maxTextLength = 300

/** A problem of ours; else what API Gateway or a proxy in between says. */
function refusedIn(body: unknown, { status, statusText }: Response, text: string): Refused {
  const given = typeof body === 'object' && body !== null ? (body as Partial<Record<string, unknown>>) : {}
  const { code, detail, message, state, possible } = given
  const fallback = text.slice(0, maxTextLength) || statusText || 'no reason given'
  const shown = typeof detail === 'string' ? detail : typeof message === 'string' ? message : fallback
  return {
    code: typeof code === 'string' ? code : `http_${status}`,
    message: typeof code === 'string' ? shown : `the API answers ${status}: ${shown}`,
    ...(typeof state === 'string' ? { state } : {}),
    ...(Array.isArray(possible) ? { possible: possible.map(String) } : {}),
  }
}

/** A path of the API: each value as one part of it. */
export const pathOf = (strings: TemplateStringsArray, ...values: readonly string[]): string =>
  String.raw({ raw: strings }, ...values.map(encodeURIComponent))

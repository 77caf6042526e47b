/** The HTTP API: one loop that turns the list of routes into answers, the same on Lambda, locally and in tests. */
import type { GenericSchema } from 'valibot'
import { actsOf } from '../app/operate/acts.ts'
import { tokenFrom } from '../core/job/ids.ts'
import { refuseUnknownKeys } from '../core/values/check-options.ts'
import { describedInput, show } from '../core/values/errors.ts'
import type { Deps } from '../ports/deps.ts'
import { checkShape, namesOf } from './check-shape.ts'
import { MethodNotAllowed, NotFound } from './errors.ts'
import { contentTag, isSeen } from './etag.ts'
import { emptyResponse, textResponse } from './json-response.ts'
import { type RouteMatch, routeMatcher } from './match-route.ts'
import { problemResponse } from './problem.ts'
import { readJsonBody, readQuery } from './read-request.ts'
import type { HttpOptions, Reply, Route, RouteBody } from './route.ts'
import { routes } from './routes/all.ts'

/** Gets each error that is not the caller's (status 500 and 503). The caller gets only the request id. */
export type OnError = (
  error: unknown,
  request: { readonly requestId: string; readonly method: string; readonly path: string },
) => void

/** What a server may hand to `fetch` with each request. */
export interface HttpBindings {
  /** Names the request in logs. @default a random one */
  readonly requestId?: string
  /** Who asks, as the gateway knows it. @default unknown */
  readonly caller?: string
}

export interface HttpApp {
  /** What goes wrong is an answer, too: it rejects only with what `onError` throws. */
  readonly fetch: (request: Request, bindings?: HttpBindings) => Promise<Response>
}

const match = routeMatcher(routes)

const onSchedules = () => import('../app/schedule/on-schedules.ts')

/** The app over the use cases. */
export function createHttpApp(deps: Deps, onError: OnError, options: HttpOptions = {}): HttpApp {
  return {
    fetch: async (request, { requestId = tokenFrom(deps.random.bytes(12)), caller } = {}) => {
      const { method } = request
      const found = match(method, new URL(request.url).pathname)
      try {
        const { route, params } = routeIn(found, method)
        const response = responseOf(request, await answer(route, { deps, options, request, params, caller }))
        return forMethod(method, response)
      } catch (thrown) {
        const response = problemResponse(thrown, requestId, options.isTypeListed)
        if (response.status >= 500) onError(thrown, { requestId, method, path: found.path })
        return forMethod(method, response)
      }
    },
  }
}

/** @throws NotFound, MethodNotAllowed */
function routeIn(found: RouteMatch, method: string): RouteMatch & { readonly kind: 'route' } {
  if (found.kind === 'none') throw new NotFound(`there is no ${show(found.path)}`)
  if (found.kind === 'otherMethods') throw new MethodNotAllowed(method, found.methods)
  return found
}

const forMethod = (method: string, response: Response): Response =>
  method === 'HEAD' ? new Response(null, response) : response

interface Asked {
  readonly deps: Deps
  readonly options: HttpOptions
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly caller: string | undefined
}

/** Who acts where nobody has to sign in. */
const anonymous = 'anonymous'

/** Checks everything that a request brings, then lets the route handle it. */
async function answer(one: Route, { deps, options, request, params, caller }: Asked): Promise<Reply> {
  const query = checkQuery(one.query, readQuery(request.url))
  const checked = one.params === undefined ? undefined : checkShape(one.params, params)
  const body = one.body === undefined ? undefined : await bodyIn(request, one.body)
  const acts = actsOf({ ...deps, onSchedules }, caller ?? anonymous)
  const call = { deps, acts, options, headers: request.headers, params: checked, query, body }
  return one.handle(call as Parameters<Route['handle']>[0])
}

function checkQuery(schema: GenericSchema | undefined, given: Readonly<Record<string, string>>): unknown {
  const known = schema === undefined ? [] : namesOf(schema)
  const unknown = Object.keys(given)[0]
  if (known.length === 0 && unknown !== undefined) throw describedInput(`query.${unknown}`, 'not an option', 'no query')
  refuseUnknownKeys('query', given, known)
  return schema === undefined ? undefined : checkShape(schema, given)
}

async function bodyIn(request: Request, spec: RouteBody): Promise<unknown> {
  const { schema, where, isPrefixed = false, isOptional = false, elsewhere = {} } = spec
  const body = await readJsonBody(request, isOptional)
  for (const [name, place] of Object.entries(elsewhere)) {
    if (Object.hasOwn(body, name)) throw describedInput(`${where}.${name}`, 'in the body', place)
  }
  refuseUnknownKeys(where, body, namesOf(schema))
  checkShape(schema, body, path => (isPrefixed ? `${where}.${path}` : path))
  // As it came: the use case checks what a shape leaves out, such as the keys of objects within.
  return body
}

function responseOf({ method, headers: asked }: Request, { status, body, headers = {} }: Reply): Response {
  if (body === undefined) return emptyResponse(status, headers)
  const text = JSON.stringify(body)
  // A tag of its own names a version for `If-Match`; what else the answer tells may change without it.
  if (method !== 'GET' || status !== 200 || headers['etag'] !== undefined) return textResponse(status, text, headers)
  const etag = contentTag(text)
  return isSeen(asked, etag) ? emptyResponse(304, { etag }) : textResponse(status, text, { ...headers, etag })
}

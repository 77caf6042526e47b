/** The HTTP API: one loop that turns the list of routes into answers, the same on Lambda, locally and in tests. */
import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import type { GenericSchema } from 'valibot'
import { tokenFrom } from '../core/job/ids.ts'
import { refuseUnknownKeys } from '../core/values/check-options.ts'
import { describedInput, show } from '../core/values/errors.ts'
import type { Deps } from '../ports/deps.ts'
import { checkShape, namesOf } from './check-shape.ts'
import { MethodNotAllowed, NotFound } from './errors.ts'
import { emptyResponse, jsonResponse } from './json-response.ts'
import { problemResponse } from './problem.ts'
import { readJsonBody, readQuery } from './read-request.ts'
import type { HttpOptions, Reply, Route, RouteBody } from './route.ts'
import { routes } from './routes/all.ts'

/** Gets each error that is not the caller's (status 500 and 503). The caller gets only the request id. */
export type OnError = (
  error: unknown,
  request: { readonly requestId: string; readonly method: string; readonly path: string },
) => void

/** What a server may hand to `fetch` and `request` with each request. */
export interface HttpBindings {
  /** Names the request in logs. @default a random one */
  readonly requestId?: string
  /** Who asks, as the gateway knows it. @default unknown */
  readonly caller?: string
}

interface HttpEnv {
  Bindings: HttpBindings
}

/** The app over the use cases. */
export function createHttpApp(deps: Deps, onError: OnError, options: HttpOptions = {}): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const refuse = (error: unknown, c: Context<HttpEnv>): Response => {
    const requestId = c.env?.requestId ?? tokenFrom(deps.random.bytes(12))
    const response = problemResponse(error, requestId, options.isTypeListed)
    if (response.status >= 500) onError(error, { requestId, method: c.req.method, path: c.req.path })
    return response
  }
  app.onError(refuse)
  app.notFound(c => refuse(noRoute(c.req.method, c.req.path), c))
  app.use(async (c, next) => {
    try {
      await next()
    } catch (thrown) {
      // hono hands only instances of Error to onError; a schema may throw anything.
      c.res = refuse(thrown, c)
    }
  })
  for (const one of routes) {
    app.on(one.method, one.path.replace(/\{(\w+)\}/g, ':$1'), async c =>
      responseOf(
        await answer(one, { deps, options, request: c.req.raw, params: c.req.param(), caller: c.env?.caller }),
      ),
    )
  }
  return app
}

/** The path may exist for another method. */
function noRoute(method: string, path: string): MethodNotAllowed | NotFound {
  const methods = routes.filter(one => patternOf(one).test(path)).map(one => one.method)
  if (methods.length === 0) return new NotFound(`there is no ${show(path)}`)
  const all = methods.flatMap(known => (known === 'GET' ? ['GET', 'HEAD'] : [known]))
  return new MethodNotAllowed(method, all)
}

const patternOf = ({ path }: Route): RegExp => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)

interface Asked {
  readonly deps: Deps
  readonly options: HttpOptions
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly caller: string | undefined
}

/** Checks everything that a request brings, then lets the route handle it. */
async function answer(one: Route, { deps, options, request, params, caller }: Asked): Promise<Reply> {
  const query = checkQuery(one.query, readQuery(request.url))
  const checked = one.params === undefined ? undefined : checkShape(one.params, params)
  const body = one.body === undefined ? undefined : await bodyIn(request, one.body)
  const call = { deps, options, caller, headers: request.headers, params: checked, query, body }
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

const responseOf = ({ status, body, headers }: Reply): Response =>
  body === undefined ? emptyResponse(status, headers) : jsonResponse(status, body, headers)

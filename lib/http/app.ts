import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import { enqueue } from '../app/enqueue/enqueue.ts'
import type { EnqueueRequest } from '../app/enqueue/prepare.ts'
import { getJob } from '../app/operate/job-view.ts'
import { tokenFrom } from '../core/job/ids.ts'
import { refuseUnknownKeys } from '../core/values/check-options.ts'
import { describedInput, show } from '../core/values/errors.ts'
import type { Deps } from '../ports/deps.ts'
import { MethodNotAllowed, NotFound } from './errors.ts'
import { jsonResponse } from './json-response.ts'
import { problemResponse } from './problem.ts'
import { idempotencyKeyOf, readJsonBody } from './read-request.ts'

/** Gets each error that is not the caller's (status 500 and 503). The caller gets only the request id. */
export type OnError = (
  error: unknown,
  request: { readonly requestId: string; readonly method: string; readonly path: string },
) => void

/** What answers reveal. Both are off unless they are asked for: an API may be open to everybody. */
export interface HttpOptions {
  /** Whether a refusal of an unknown job type names all that are registered. @default false: it gives their number */
  readonly isTypeListed?: boolean
  /** Whether a failed job shows its error's stack, with paths of the code: for operators. @default false */
  readonly isStackShown?: boolean
}

/** What a server may hand to `fetch` and `request` with each request. */
export interface HttpBindings {
  /** Names the request in logs. @default a random one */
  readonly requestId?: string
}

interface HttpEnv {
  Bindings: HttpBindings
}

const bodyNames = ['type', 'input', 'delay', 'runAt', 'maxAttempts', 'priority', 'tags', 'notify'] as const

/** Ours have 36 characters; other writers of the table may choose theirs. Anything else cannot be a job's id. */
const idForm = /^[^\p{Cc}]{1,256}$/u

/** The HTTP API over the use cases: the same on Lambda, locally and in tests. */
export function createHttpApp(deps: Deps, onError: OnError, options: HttpOptions = {}): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const refuse = (error: unknown, c: Context<HttpEnv>): Response => {
    const requestId = c.env?.requestId ?? tokenFrom(deps.random.bytes(12))
    const response = problemResponse(error, requestId, options.isTypeListed)
    if (response.status >= 500) onError(error, { requestId, method: c.req.method, path: c.req.path })
    return response
  }
  app.onError(refuse)
  app.notFound(c => refuse(new NotFound(`there is no ${show(c.req.path)}`), c))
  app.use(async (c, next) => {
    try {
      await next()
    } catch (thrown) {
      // hono hands only instances of Error to onError; a schema may throw anything.
      c.res = refuse(thrown, c)
    }
  })
  app.post('/v1/jobs', c => postJob(deps, c.req.raw))
  app.all('/v1/jobs', c => refuse(new MethodNotAllowed(c.req.method, ['POST']), c))
  app.get('/v1/jobs/:id', c => readJob(deps, c.req.param('id'), options.isStackShown === true))
  app.all('/v1/jobs/:id', c => refuse(new MethodNotAllowed(c.req.method, ['GET', 'HEAD']), c))
  return app
}

async function postJob(deps: Deps, request: Request): Promise<Response> {
  const body = await readJsonBody(request)
  if (Object.hasOwn(body, 'idempotencyKey')) {
    throw describedInput('job.idempotencyKey', 'in the body', 'the header Idempotency-Key')
  }
  refuseUnknownKeys('job', body, bodyNames)
  const idempotencyKey = idempotencyKeyOf(request.headers.get('idempotency-key'))
  // The types are the caller's claim; the use case checks each field before it uses it.
  const asked = { ...body, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) } as unknown as EnqueueRequest
  const { id, state, created } = await enqueue(deps, asked)
  return created
    ? jsonResponse(201, { id, state, created }, { location: `/v1/jobs/${id}` })
    : jsonResponse(200, { id, state, created })
}

async function readJob(deps: Deps, id: string, isStackShown: boolean): Promise<Response> {
  const job = idForm.test(id) ? await getJob(deps, id) : undefined
  if (job === undefined) throw new NotFound(`there is no job ${show(id)}`)
  return jsonResponse(200, isStackShown ? job : { ...job, ...errorWithoutStack(job.error) })
}

/** Stored errors are what handlers threw, and what other writers of the table put there. */
function errorWithoutStack(error: unknown): { readonly error?: unknown } {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return {}
  const { stack: _, ...shown } = error
  return { error: shown }
}

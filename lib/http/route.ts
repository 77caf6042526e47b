/** What a route is: data from which requests are checked, the OpenAPI document is made and the gateway's scopes follow. */
import type { GenericSchema, InferOutput } from 'valibot'
import type { Acts } from '../app/operate/acts.ts'
import type { Deps } from '../ports/deps.ts'
import type { ProblemCode } from './problem.ts'

/**
 * What a caller must be allowed to do. The gateway decides it by method and path alone: `GET` is read; `POST /v1/jobs`,
 * `POST /v1/jobs/batch` and `POST /v1/batches` are write; everything else is operate.
 */
export type Scope = 'read' | 'write' | 'operate'

/** What answers reveal. Both are off unless they are asked for: an API may be open to everybody. */
export interface HttpOptions {
  /** Whether a refusal of an unknown job type names all that are registered. @default false: it gives their number */
  readonly isTypeListed?: boolean
  /** Whether a failed job shows its error's stack, with paths of the code: for operators. @default false */
  readonly isStackShown?: boolean
}

export type RequestHeader = 'Idempotency-Key' | 'If-Match' | 'If-None-Match' | 'traceparent' | 'tracestate'
export type AnswerHeader = 'Location' | 'ETag'

/** One status that a route answers with, when all went well. */
export interface RouteAnswer {
  readonly status: 200 | 201 | 202 | 204
  readonly description: string
  /** Absent: the answer has no body. */
  readonly schema?: GenericSchema
  readonly headers?: readonly AnswerHeader[]
}

/** The JSON object that a request brings. */
export interface RouteBody<Schema extends GenericSchema = GenericSchema> {
  readonly schema: Schema
  /** How errors name the object, in front of a name that it does not know. */
  readonly where: string
  /** Whether errors name each of its fields with `where` in front, as the use case does. @default false */
  readonly isPrefixed?: boolean
  /** Whether it may be left out. @default false */
  readonly isOptional?: boolean
  /** Names that a caller may expect here, and where they stand instead. */
  readonly elsewhere?: Readonly<Record<string, string>>
}

/** What a route's use case gets: everything is checked. */
export interface Call<Params, Query, Body> {
  readonly deps: Deps
  /** What people do: each leaves a record of who did it. */
  readonly acts: Acts
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly headers: Headers
  readonly options: HttpOptions
}

export interface Reply {
  readonly status: RouteAnswer['status']
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

type Output<Schema extends GenericSchema | undefined> = Schema extends GenericSchema ? InferOutput<Schema> : undefined

export interface RouteOf<
  Params extends GenericSchema | undefined,
  Query extends GenericSchema | undefined,
  Body extends GenericSchema | undefined,
> {
  /** Unique; the OpenAPI document's `operationId`. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Whole segments; `{name}` stands for one. */
  readonly path: `/v1/${string}`
  readonly scope: Scope
  /** The heading under which the reference lists it. */
  readonly group: string
  /** One line, without a full stop. */
  readonly summary: string
  readonly description?: string
  readonly params?: Params
  readonly query?: Query
  readonly body?: RouteBody & { readonly schema: Body }
  readonly headers?: readonly RequestHeader[]
  readonly answers: readonly RouteAnswer[]
  /** Refusals of its own; those that every route has are in `commonProblems`. */
  readonly problems?: readonly ProblemCode[]
  readonly handle: (call: Call<Output<Params>, Output<Query>, Output<Body>>) => Promise<Reply>
}

/** A route whose schemas are known at run time only. */
export interface Route extends Omit<RouteOf<GenericSchema, GenericSchema, GenericSchema>, 'handle' | 'body'> {
  readonly body?: RouteBody
  readonly handle: (call: Call<never, never, never>) => Promise<Reply>
}

/** Declares a route: `handle` gets what the schemas say. */
export const route = <
  Params extends GenericSchema | undefined = undefined,
  Query extends GenericSchema | undefined = undefined,
  Body extends GenericSchema | undefined = undefined,
>(
  declared: RouteOf<Params, Query, Body>,
): Route => declared as unknown as Route

/** The names in a path: `/v1/jobs/{id}/runs` has `id`. */
export const namesIn = (path: string): readonly string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

/** What every route with such a part may answer. */
export function commonProblems({
  params,
  query,
  body,
}: Pick<Route, 'params' | 'query' | 'body'>): readonly ProblemCode[] {
  return [
    ...(params === undefined && query === undefined && body === undefined ? [] : (['invalid_input'] as const)),
    ...(body === undefined ? [] : (['body_too_large', 'unsupported_media_type'] as const)),
    'internal',
    'unavailable',
  ]
}

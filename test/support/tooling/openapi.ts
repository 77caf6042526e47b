/**
 * The OpenAPI document, made from the list of routes. `node test/support/tooling/openapi.ts` writes docs/openapi.json, and
 * packed lib/http/openapi-packed.ts, which the API serves; a test compares. It is made here, so that no function carries
 * what makes it.
 */
import { writeFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { type ConversionConfig, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { type ProblemCode, problemKind } from '../../../lib/http/problem.ts'
import { commonProblems, namesIn, type RequestHeader, type Route, type RouteAnswer } from '../../../lib/http/route.ts'
import { routes } from '../../../lib/http/routes/all.ts'
import { components } from './openapi-components.ts'

const documentPath = new URL('../../../docs/openapi.json', import.meta.url)
const packedPath = new URL('../../../lib/http/openapi-packed.ts', import.meta.url)

type JsonSchema = Readonly<Record<string, unknown>>

/** What of an operation the tests and the reference read. */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  /** An answer, or a reference to one of `components.responses`. */
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
  /** The scope that a JWT needs, where the API asks for one. */
  readonly 'x-scope': string
}
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonSchema
}
export interface Response {
  readonly description: string
  readonly headers?: JsonSchema
  readonly content?: Content
}
type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>

export interface OpenApi {
  readonly openapi: string
  readonly info: JsonSchema
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly responses: Readonly<Record<string, Response>>
    readonly securitySchemes: JsonSchema
  }
}

const conversion = (typeMode: 'input' | 'output'): ConversionConfig => ({
  target: 'draft-2020-12',
  typeMode,
  definitions: components,
})

/** A name's schema stands once, under `components`. */
function localise(schema: unknown): JsonSchema {
  const { $schema: _, $defs: __, ...own } = schema as JsonSchema
  return JSON.parse(JSON.stringify(own).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema
}

const given = (schema: GenericSchema): JsonSchema => localise(toJsonSchema(schema, conversion('input')))
/** Queries are text that becomes something else: what it becomes is stated. */
const read = (schema: GenericSchema): JsonSchema => localise(toJsonSchema(schema, conversion('output')))

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

function parametersIn(place: 'path' | 'query', schema: GenericSchema | undefined): readonly Parameter[] {
  const { properties = {}, required = [] }: ObjectSchema = schema === undefined ? {} : read(schema)
  return Object.entries(properties).map(([name, { description, ...own }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(typeof description === 'string' ? { description } : {}),
    schema: own,
  }))
}

const headerTexts: Readonly<Record<RequestHeader, string>> = {
  'Idempotency-Key': 'The same key and type is the same job. 1 to 256 visible ASCII characters.',
  'If-Match': 'The ETag that an answer gave: acts on no other version.',
  traceparent: 'Of W3C Trace Context: the trace that causes the job. One that cannot be read is ignored.',
  tracestate: 'Of W3C Trace Context: with `traceparent`, where there is room for it.',
  'If-None-Match': 'Only `*`: makes what does not exist.',
}

const headerParameter = (name: RequestHeader): Parameter => ({
  name,
  in: 'header',
  required: false,
  description: headerTexts[name],
  schema: { type: 'string' },
})

const answerHeaders: Readonly<Record<string, string>> = {
  Location: 'Path of the job.',
  ETag: 'The version, for `If-Match`.',
}

function successOf({ description, schema, headers = [] }: RouteAnswer): Response {
  const shown = headers.map(name => [name, { description: answerHeaders[name], schema: { type: 'string' } }])
  return {
    description,
    ...(shown.length === 0 ? {} : { headers: Object.fromEntries(shown) as JsonSchema }),
    ...(schema === undefined ? {} : { content: { 'application/json': { schema: read(schema) } } }),
  }
}

/** Problems share an answer where they share a status. */
function refusalsOf(one: Route): readonly (readonly [string, { readonly $ref: string }])[] {
  const byStatus = Map.groupBy(codesOf(one), code => problemKind(code).status)
  return [...byStatus].map(([status, all]) => [String(status), { $ref: `#/components/responses/${refusalName(all)}` }])
}

const refusalName = (codes: readonly ProblemCode[]): string => codes.toSorted().join('.')

/** Refusals stand once, by their codes: most routes share them. */
function sharedRefusals(list: readonly Route[]): Readonly<Record<string, Response>> {
  const groups = list.flatMap(one => [...Map.groupBy(codesOf(one), code => problemKind(code).status).values()])
  const named = groups.map(codes => [
    refusalName(codes),
    {
      description: codes.map(code => `\`${code}\`: ${problemKind(code).title}`).join('; '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ])
  return Object.fromEntries(named) as Readonly<Record<string, Response>>
}

const codesOf = (one: Route): readonly ProblemCode[] => [...new Set([...(one.problems ?? []), ...commonProblems(one)])]

function operationOf(one: Route): Operation {
  const parameters = [
    ...parametersIn('path', one.params),
    ...parametersIn('query', one.query),
    ...(one.headers ?? []).map(headerParameter),
  ]
  const answers = one.answers.map(answer => [String(answer.status), successOf(answer)] as const)
  return {
    operationId: one.id,
    summary: one.summary,
    ...(one.description === undefined ? {} : { description: one.description }),
    tags: [one.group],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(one.body === undefined
      ? {}
      : {
          requestBody: {
            required: one.body.isOptional !== true,
            content: { 'application/json': { schema: given(one.body.schema) } },
          },
        }),
    responses: Object.fromEntries([...answers, ...refusalsOf(one)].toSorted(([a], [b]) => Number(a) - Number(b))),
    'x-scope': `jobs:${one.scope}`,
  }
}

/** The answer for a status, wherever it stands. */
export function responseFor(document: OpenApi, operation: Operation, status: number): Response | undefined {
  const found = operation.responses[String(status)]
  return found !== undefined && '$ref' in found
    ? document.components.responses[found.$ref.split('/').at(-1) ?? '']
    : found
}

/** The document. @throws Error for a path whose names are not those of its schema */
export function openApiOf(list: readonly Route[] = routes): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const one of list) {
    const names = parametersIn('path', one.params).map(({ name }) => name)
    if (namesIn(one.path).join() !== names.join()) throw new Error(`${one.path} has a schema for ${names.join()}`)
    const operations = (paths[one.path] ??= {})
    operations[one.method.toLowerCase()] = operationOf(one)
  }
  const defined = toJsonSchemaDefs(components, { target: 'draft-2020-12', typeMode: 'output' })
  const schemas = Object.fromEntries(Object.entries(defined).map(([name, schema]) => [name, localise(schema)]))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lamplighter',
      description: 'Enqueue jobs, see and steer them. Every refusal is an `application/problem+json` (RFC 9457).',
      version: 'v1',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas,
      responses: sharedRefusals(list),
      securitySchemes: {
        jwt: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Where the API asks for tokens; `x-scope` is the scope that an operation needs.',
        },
      },
    },
  }
}

export const documentText = (): string => `${JSON.stringify(openApiOf(), undefined, 1)}\n`

function packedText(): string {
  const packed = brotliCompressSync(JSON.stringify(openApiOf())).toString('base64')
  return `/** Made by test/support/tooling/openapi.ts: docs/openapi.json, by brotli and base64. */\nexport const packedDocument =\n  '${packed}'\n`
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(documentPath, documentText())
  writeFileSync(packedPath, packedText())
}

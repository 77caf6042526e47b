/** The OpenAPI document: valid, current, and the same as the routes that answer. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../../../lib/http/openapi-document.ts'
import { commonProblems } from '../../../lib/http/route.ts'
import { routes } from '../../../lib/http/routes/all.ts'
import { withReference } from '../../support/tooling/http-docs.ts'
import { documentText, type Operation, openApiOf, responseFor } from '../../support/tooling/openapi.ts'
import { textOf } from '../../support/tooling/sources.ts'
import { httpKit } from './http-kit.ts'

const document = openApiOf()
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(structuredClone({ ...document }))
    expect(errors).toBeUndefined()
    expect([valid, validator.version]).toEqual([true, '3.1'])
  })

  it('a wrong one is found', async () => {
    const wrong = { ...document, paths: { '/v1/x': { get: { responses: 7 } } } }
    expect((await new Validator().validate(wrong)).valid).toBe(false)
  })

  it('in docs, and packed in the function, is up to date: node test/support/tooling/openapi.ts', async () => {
    expect(textOf('docs/openapi.json')).toBe(documentText())
    expect(await openApiDocument()).toEqual(document)
  })

  it('is the reference in docs/http.md: node test/support/tooling/http-docs.ts', () => {
    const page = textOf('docs/http.md')
    expect(page).toContain('### GET /v1/jobs\n')
    expect(page).toBe(withReference(page))
  })

  it('is served', async () => {
    const response = await httpKit().get('/v1/openapi.json')
    expect([response.status, await response.json()]).toEqual([200, document])
  })

  it('refers to schemas that it has, and to each of them', () => {
    const refs = new Set(
      [...documentText().matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
    )
    expect(refs).toEqual(new Set(Object.keys(document.components.schemas)))
    expect(documentText()).not.toContain('$defs')
  })
})

describe('document and routes', () => {
  it('have the same methods and paths', () => {
    const listed = operations.map(({ method, path }) => `${method} ${path}`).toSorted()
    expect(listed).toEqual(routes.map(one => `${one.method} ${one.path}`).toSorted())
    expect(new Set(listed).size).toBe(listed.length)
  })

  it('name each operation once', () => {
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
  })

  it('say in words what each parameter, body and answer is', () => {
    for (const { operation } of operations) {
      expect(operation.summary).toMatch(/^[A-Z].*[^.]$/)
      for (const status of Object.keys(operation.responses)) {
        expect(responseFor(document, operation, Number(status))?.description).toMatch(/./)
      }
    }
  })

  it('state the errors that each can give', () => {
    for (const one of routes) {
      const codes = [...(one.problems ?? []), ...commonProblems(one)]
      const operation = document.paths[one.path]?.[one.method.toLowerCase()] as Operation
      const responses = Object.keys(operation.responses).map(status => responseFor(document, operation, Number(status)))
      const text = responses.map(response => response?.description).join('\n')
      for (const code of codes) expect(text).toContain(`\`${code}\``)
    }
  })

  it('each is there: no method and path of the document is answered 404 for the path, or 405', async () => {
    const { send, clock } = httpKit()
    for (const { method, path } of operations) {
      const answer = send(method, path.replace(/\{\w+\}/g, 'x'), method === 'GET' ? undefined : {})
      // A long poll waits on this clock.
      if (path === '/v1/changes') await clock.advance(20_000)
      const response = await answer
      const text = await response.text()
      expect([method, path, response.status === 405, text.includes("there is no '/v1")]).toEqual([
        method,
        path,
        false,
        false,
      ])
    }
  })
})

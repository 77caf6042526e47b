import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as errors from '../../../lib/core/values/errors.ts'
import {
  BodyTooLarge,
  Conflict,
  MethodNotAllowed,
  NotFound,
  OwnedByCode,
  PreconditionRequired,
  UnsupportedMediaType,
} from '../../../lib/http/errors.ts'
import { problemOf, problemResponse } from '../../../lib/http/problem.ts'
import * as library from '../../../lib/index.ts'

const samples = [
  [new errors.InvalidInput('delay', 5, 'a duration'), 400, 'invalid_input'],
  [new NotFound('there is no job'), 404, 'not_found'],
  [new MethodNotAllowed('PUT', ['POST']), 405, 'method_not_allowed'],
  [new Conflict('it runs', 'IN_PROGRESS', ['cancel']), 409, 'conflict'],
  [new OwnedByCode('code defines it'), 409, 'owned_by_code'],
  [new errors.PreconditionFailed('job x', '1', '2'), 412, 'precondition_failed'],
  [new PreconditionRequired('schedule x', '2'), 428, 'precondition_required'],
  [new BodyTooLarge(10), 413, 'body_too_large'],
  [new errors.PayloadExpires('id', 0), 409, 'payload_expires'],
  [new errors.JobTooLarge('input', 11, 10), 413, 'job_too_large'],
  [new UnsupportedMediaType('content-type', 'text/plain', 'application/json'), 415, 'unsupported_media_type'],
  [new errors.InputRefused('t', [{ path: 'input', message: 'no' }]), 422, 'input_refused'],
  [new errors.SignalRefused('approved', [{ path: 'value', message: 'no' }]), 422, 'signal_refused'],
  [new errors.UnknownType('x', ['a']), 422, 'unknown_type'],
  [new errors.UniqueConflict('id', 'RESERVED', 'key'), 409, 'unique_conflict'],
  [new errors.IdempotencyConflict('id', 'key'), 422, 'idempotency_conflict'],
  [new errors.ResultRefused('t', [{ path: 'result', message: 'no' }]), 500, 'internal'],
  [new errors.CommitTooLarge('items', 101, 100), 500, 'internal'],
  [new errors.InvalidDefinition('two jobs'), 500, 'internal'],
  [new errors.Unwritable('item size'), 500, 'internal'],
  [new errors.Unavailable('store', 'down'), 503, 'unavailable'],
] as const

describe('problemOf', () => {
  it.each(samples)('%s is %i, %s', (error, status, code) => {
    const problem = problemOf(error, 'r')
    expect(problem).toMatchObject({ status, code, type: `urn:lamplighter:problem:${code}` })
    expect(problem.title).not.toBe('')
    expect(problem.detail).not.toBe('')
  })

  it('has been shown every error of the core', () => {
    const seen = new Set<string>(samples.map(([error]) => error.name))
    const classes = Object.keys(errors).filter(name => /^[A-Z]/.test(name) && name !== 'LamplighterError')
    expect(classes.filter(name => !seen.has(name))).toEqual([])
  })

  it.each([
    new TypeError('secret'),
    'secret',
    null,
    undefined,
    { code: 'invalid_input', message: 'secret' },
    Symbol('secret'),
  ])('answers %s with 500, the request id, and nothing of the error', error => {
    const problem = problemOf(error, 'r-7')
    expect(problem).toMatchObject({ status: 500, code: 'internal', requestId: 'r-7' })
    expect(JSON.stringify(problem)).not.toContain('secret')
  })

  it.each([
    [0, 0],
    [false, false],
    [null, null],
    ['', ''],
    [-1.5, -1.5],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [['a', 1], '["a",1]'],
    ['x'.repeat(501), `${'x'.repeat(500)}…`],
  ])('shows the value %j as %j', (value, shown) => {
    expect(problemOf(new errors.InvalidInput('f', value, 'others'), 'r').value).toBe(shown)
  })

  it('stays small whatever is in the error', () => {
    const long = 'x'.repeat(1_000_000)
    const issues = Array.from({ length: 1_000 }, () => ({ path: long, message: long }))
    for (const error of [
      new errors.InvalidInput(long, [long], long),
      new errors.UnknownType(long, [long, long]),
      new UnsupportedMediaType('content-type', long, 'json'),
      new NotFound(long),
      new errors.InputRefused('t', issues.slice(0, 30)),
    ]) {
      expect(JSON.stringify(problemOf(error, 'r')).length).toBeLessThan(25_000)
    }
  })
})

describe('the table of error codes in docs/reference.md', () => {
  const page = readFileSync(new URL('../../../docs/reference.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \| (?:`(\w+)`)?/gm)].map(([, code, status, name]) => ({
    code,
    status,
    name,
  }))

  it('has each code with its status, and no other', () => {
    const expected = new Set(samples.map(([, status, code]) => `${code} ${status}`))
    expect(new Set(rows.map(({ code, status }) => `${code} ${status}`))).toEqual(expected)
    expect(rows).toHaveLength(expected.size)
  })

  it('names the error that the client throws', () => {
    const exported = new Set(Object.keys(library))
    const thrown = samples.filter(([error, , code]) => code !== 'internal' && exported.has(error.name))
    const expected = thrown.map(([error, , code]) => `${code} ${error.name}`)
    const named = rows.filter(({ name }) => name !== undefined).map(({ code, name }) => `${code} ${name}`)
    expect(new Set(named)).toEqual(new Set(expected))
  })
})

describe('problemResponse', () => {
  it('carries problem+json, and the headers that belong to its status', async () => {
    for (const [error, status] of samples) {
      const response = problemResponse(error, 'r')
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(response.headers.get('allow')).toBe(status === 405 ? 'POST' : null)
      expect(response.headers.get('retry-after')).toBe(status === 503 ? '5' : null)
      expect(await response.json()).toEqual(problemOf(error, 'r'))
    }
  })
})

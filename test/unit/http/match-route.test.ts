import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { routeMatcher } from '../../../lib/http/match-route.ts'
import { type Route, route } from '../../../lib/http/route.ts'

const routeAt = (method: Route['method'], path: Route['path']): Route =>
  route({
    id: `${method} ${path}`,
    method,
    path,
    scope: 'read',
    group: 'Tests',
    summary: 'A route',
    answers: [{ status: 200, description: 'Fine.', schema: v.unknown() }],
    handle: async () => ({ status: 200 }),
  })

const match = routeMatcher([
  routeAt('GET', '/v1/jobs'),
  routeAt('POST', '/v1/jobs'),
  routeAt('POST', '/v1/jobs/batch'),
  routeAt('GET', '/v1/jobs/{id}'),
  routeAt('DELETE', '/v1/jobs/{id}'),
  routeAt('GET', '/v1/jobs/{id}/runs/{run}'),
])

const found = (method: string, pathname: string) => {
  const one = match(method, pathname)
  return one.kind === 'route' ? [one.route.id, one.params] : one
}

describe('routeMatcher', () => {
  it.each([
    ['GET', '/v1/jobs', 'GET /v1/jobs', {}],
    ['HEAD', '/v1/jobs', 'GET /v1/jobs', {}],
    ['POST', '/v1/jobs/batch', 'POST /v1/jobs/batch', {}],
    ['GET', '/v1/jobs/batch', 'GET /v1/jobs/{id}', { id: 'batch' }],
    ['GET', '/v1/jobs/a/runs/2', 'GET /v1/jobs/{id}/runs/{run}', { id: 'a', run: '2' }],
    ['GET', '/%761/j%6Fbs', 'GET /v1/jobs', {}],
    ['GET', '/v1/jobs/a%2Fb%3Fc%23d%25e', 'GET /v1/jobs/{id}', { id: 'a/b?c#d%e' }],
    ['GET', '/v1/jobs/%E2%98%83', 'GET /v1/jobs/{id}', { id: '☃' }],
    ['GET', '/v1/jobs/__proto__', 'GET /v1/jobs/{id}', { id: '__proto__' }],
  ])('%s %s', (method, pathname, id, params) => {
    expect(found(method, pathname)).toEqual([id, params])
  })

  it('decodes once, and leaves what cannot be decoded', () => {
    expect(found('GET', '/v1/jobs/%2525')).toEqual(['GET /v1/jobs/{id}', { id: '%25' }])
    expect(found('GET', '/v1/jobs/%ff%41%zz')).toEqual(['GET /v1/jobs/{id}', { id: '%ff%41%zz' }])
  })

  it('names the methods of a path that exists', () => {
    const methods = ['POST', 'GET', 'HEAD', 'DELETE']
    expect(found('PUT', '/v1/jobs/batch')).toEqual({ kind: 'otherMethods', path: '/v1/jobs/batch', methods })
  })

  it.each(['/', '/v1', '/v1/jobs/', '/v1/jobs//runs/1', '/V1/jobs', '//v1/jobs', '/v1/jobs/a/runs', '/v1/jobs%2Fa'])(
    'finds nothing at %s',
    pathname => {
      expect(found('GET', pathname)).toMatchObject({ kind: 'none' })
    },
  )
})

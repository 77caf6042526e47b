import { expect, it } from 'vitest'
import { scopedRoutes } from '../../../../cdk/access/api-scopes.ts'
import { routes } from '../../../../lib/http/routes/all.ts'

/** As API Gateway picks a route: the whole path before `{proxy+}`, the method before `ANY`. */
function scopesFor(method: string, path: string): readonly string[] {
  const found = scopedRoutes.find(
    one =>
      (one.method === method || one.method === 'ANY') &&
      (one.path === path || (one.path === '/v1/{proxy+}' && path.startsWith('/v1/'))),
  )
  return found?.scopes ?? []
}

it('the gateway asks for the scope that each route of the API names', () => {
  const wrong = routes.filter(({ method, path, scope }) => scopesFor(method, path)[0] !== scope)
  expect(wrong.map(({ id }) => id)).toEqual([])
})

it('whoever operates may call everything', () => {
  expect(routes.filter(({ method, path }) => !scopesFor(method, path).includes('operate'))).toEqual([])
})

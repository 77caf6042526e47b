/** Who may call what of the HTTP API: by method and path alone, as API Gateway and IAM decide it. */
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'

/** What a caller must be allowed to do. */
export type ApiScope = 'read' | 'write' | 'operate'

export interface ScopedRoute {
  readonly method: 'GET' | 'POST' | 'ANY'
  /** Whole segments; `{proxy+}`, last, stands for the rest. */
  readonly path: string
  /** Any one of these opens it: whoever operates may also read and write. */
  readonly scopes: readonly ApiScope[]
}

/** The most specific route counts. A test compares each route of the API with this. */
export const scopedRoutes: readonly ScopedRoute[] = [
  { method: 'POST', path: '/v1/jobs', scopes: ['write', 'operate'] },
  { method: 'POST', path: '/v1/jobs/batch', scopes: ['write', 'operate'] },
  { method: 'POST', path: '/v1/batches', scopes: ['write', 'operate'] },
  { method: 'GET', path: '/v1/{proxy+}', scopes: ['read', 'operate'] },
  { method: 'ANY', path: '/v1/{proxy+}', scopes: ['operate'] },
]

/** The scope as a token carries it. */
export const tokenScope = (scope: ApiScope): string => `jobs:${scope}`

/** Lets a principal sign requests for the routes of a scope. */
export function grantScope(http: HttpApi, scope: ApiScope, grantee: IGrantable): Grant {
  // What operate opens is everything, in one line.
  const own = scopedRoutes.filter(({ scopes }) => (scope === 'operate' ? scopes.length === 1 : scopes.includes(scope)))
  const resourceArns = own.map(({ method, path }) => http.arnForExecuteApi(method, path.replace('{proxy+}', '*')))
  return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns })
}

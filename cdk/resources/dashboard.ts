/** The hosted dashboard: pages that the API's function serves to everybody, since they hold no data. */
import { Stack } from 'aws-cdk-lib'
import { type HttpApi, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import type { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { IConstruct } from 'constructs'
import { type Bundle, bundleWith } from '../../lib/bundle/bundle.ts'
import { pageFilesNow } from '../../lib/dashboard/bundle-page.ts'
import { pagePaths } from '../../lib/dashboard/page-paths.ts'
import type { Environment } from '../access/environment.ts'
import type { DashboardSettings } from '../props/dashboard-props.ts'
import { acknowledge } from './acknowledge.ts'

/** The function's code with the page beside it, in the folder where the function looks for it. */
export const withDashboard = (code: Bundle): Bundle =>
  bundleWith(
    code,
    Object.fromEntries(
      Object.entries(pageFilesNow()).map(([path, content]) => [
        `dashboard/${path.slice(path.lastIndexOf('/') + 1)}`,
        content,
      ]),
    ),
  )

/** @param scope whose stack it is */
export const dashboardEnvironment = (scope: IConstruct, settings: DashboardSettings): Environment => ({
  LAMPLIGHTER_DASHBOARD: Stack.of(scope).toJsonString({ target: Stack.of(scope).stackName, ...settings }),
})

/** A route for each page, whole segments only: no path of the API can match one of them. */
export function addPageRoutes(http: HttpApi, integration: HttpLambdaIntegration): void {
  for (const path of [...pagePaths, '/assets/{proxy+}']) {
    const routes = http.addRoutes({
      path,
      methods: [HttpMethod.GET],
      integration,
      authorizer: new HttpNoneAuthorizer(),
    })
    for (const route of routes) {
      acknowledge(route, {
        'AwsSolutions-APIG4': 'The page holds no data. It signs people in, and shows what the API gives them.',
      })
    }
  }
}

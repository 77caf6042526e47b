import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { type Access, type Resources, statementsFor } from './permissions.ts'

/**
 * Permissions for whoever is not one of ours; for a function also the environment in which `createClient` finds table
 * and queues.
 */
export function grantAccess(
  grantee: IGrantable,
  access: Access,
  resources: Resources,
  environment: Readonly<Record<string, string>>,
): Grant {
  if (grantee instanceof LambdaFunction) {
    for (const [name, value] of Object.entries(environment)) grantee.addEnvironment(name, value)
  }
  const grants = statementsFor(access, resources).map(({ actions, resources: resourceArns }) =>
    Grant.addToPrincipal({ grantee, actions, resourceArns }),
  )
  return grants.reduce((all, grant) => all.combine(grant))
}

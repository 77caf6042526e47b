import { Stack, Token } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/**
 * Two deployments in one account must not add up their metrics: a dead sweeper would hide behind the other's ticks. So
 * the namespace is the deployment's own.
 */
export function defaultMetricsNamespace(construct: IConstruct): string {
  const stack = Stack.of(construct)
  const path = construct.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id)
  // A nested stack learns its name at deployment only.
  const name = Token.isUnresolved(stack.stackName) ? stack.node.path : stack.stackName
  return ['Lamplighter', name, ...path]
    .join('/')
    .replace(/[^\w./#:-]/g, '-')
    .slice(0, 255)
}

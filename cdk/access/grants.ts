import { Annotations, Stack, Token } from 'aws-cdk-lib'
import { Grant, type IGrantable, type PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IConstruct, Node } from 'constructs'
import { InvalidDefinition } from '../../lib/core/values/errors.ts'
import type { Environment } from './environment.ts'
import { type Access, type Resources, statementsFor } from './permissions.ts'

export interface GrantOptions {
  /**
   * Whether a function gets the variables in which `createClient` finds tables and queues. With `false` it gets
   * permissions only; hand it `jobs.environment` under names of your own.
   * @default true
   */
  readonly environment?: boolean
}

/** What grants something: a JobRunner, or one that was imported. */
export interface Granting {
  readonly runner: IConstruct
  readonly resources: Resources
  readonly environment: Environment
}

/** Permissions, and for a function the variables in which `createClient` finds tables and queues. */
export function grantAccess(
  granting: Granting,
  grantee: IGrantable,
  access: Access,
  { environment = true }: GrantOptions = {},
): Grant {
  if (environment) setEnvironment(granting, grantee)
  const grants = statementsFor(access, granting.resources).map(one => grantStatement(grantee, one))
  return grants.reduce((all, grant) => all.combine(grant))
}

export const grantStatement = (grantee: IGrantable, { actions, resources: resourceArns }: PolicyStatement): Grant =>
  Grant.addToPrincipal({ grantee, actions, resourceArns })

/** A function by its shape: `instanceof` fails for a SingletonFunction, and where aws-cdk-lib is installed twice. */
interface TakesEnvironment extends IConstruct {
  readonly permissionsNode?: Node
  addEnvironment(name: string, value: string): unknown
}

const takesEnvironment = (given: object): given is TakesEnvironment =>
  'addEnvironment' in given && typeof given.addEnvironment === 'function' && 'node' in given

const isFunction = (given: object): given is IConstruct => 'functionArn' in given && 'node' in given

/** The function of an alias or a version; the function itself; undefined for a role, a task or an imported function. */
function functionOf(grantee: object): TakesEnvironment | undefined {
  if (takesEnvironment(grantee)) return grantee
  const behind = 'lambda' in grantee ? grantee.lambda : undefined
  return typeof behind === 'object' && behind !== null && takesEnvironment(behind) ? behind : undefined
}

/** Function → the runner whose names it carries. A SingletonFunction shares the node of the function behind it. */
const carriers = new WeakMap<Node, IConstruct>()
const nodeOf = ({ permissionsNode, node }: TakesEnvironment): Node => permissionsNode ?? node

/** @throws InvalidDefinition when the function already carries the names of another runner */
export function carry(runner: IConstruct, one: TakesEnvironment): void {
  const other = carriers.get(nodeOf(one))
  if (other !== undefined && other !== runner) {
    throw new InvalidDefinition(
      `${one.node.path} carries the names of the JobRunner ${other.node.path}, and would lose them to those of ` +
        `${runner.node.path}. Grant with { environment: false }, set the values of that runner's \`environment\` ` +
        'under names of your own, and pass them to createClient as `table` and `queues`',
    )
  }
  carriers.set(nodeOf(one), runner)
}

function setEnvironment({ runner, environment }: Granting, grantee: IGrantable): void {
  const one = functionOf(grantee)
  if (one !== undefined) {
    carry(runner, one)
    for (const [name, value] of Object.entries(environment)) one.addEnvironment(name, value)
    warnOfOtherRegion(runner, one)
    return
  }
  if (!isFunction(grantee)) return
  Annotations.of(grantee).addWarningV2(
    'lamplighter:no-environment',
    `this function takes no variables, so createClient() does not find ${runner.node.path} there. Set the values of ` +
      "the runner's `environment` where the function is defined, and grant with { environment: false }",
  )
}

function warnOfOtherRegion(runner: IConstruct, one: IConstruct): void {
  const [here, there] = [Stack.of(runner).region, Stack.of(one).region]
  if (Token.isUnresolved(here) || Token.isUnresolved(there) || here === there) return
  Annotations.of(one).addWarningV2(
    'lamplighter:other-region',
    `this function runs in ${there}, where createClient() looks for tables and queues; those of ` +
      `${runner.node.path} are in ${here}`,
  )
}

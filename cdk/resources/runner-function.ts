import { AssetHashType, Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Policy, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  type Architecture,
  type CfnFunction,
  Code,
  type FunctionProps,
  Function as LambdaFunction,
  RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { Bundle } from '../../lib/bundle/bundle.ts'
import type { Environment } from '../access/environment.ts'
import { statement } from '../access/permissions.ts'
import { acknowledge } from './acknowledge.ts'

/** What all functions of a deployment have in common. */
export interface FunctionSettings {
  readonly logRetention: RetentionDays
  readonly tracing: Tracing
  readonly architecture: Architecture
  /** Of all functions: the namespace of the metrics, the level of the log. */
  readonly environment: Environment
}

export interface FunctionSpec {
  readonly description: string
  readonly code: Code
  readonly timeoutMs: number
  /** In MB. */
  readonly memorySize: number
  readonly environment: Environment
  readonly statements: readonly PolicyStatement[]
  /** What only workers have. */
  readonly more?: Pick<
    FunctionProps,
    'vpc' | 'vpcSubnets' | 'securityGroups' | 'layers' | 'reservedConcurrentExecutions'
  >
}

export const codeOf = ({ folder, hash }: Bundle): Code =>
  Code.fromAsset(folder, { assetHashType: AssetHashType.CUSTOM, assetHash: hash })

/** Stacks in the log show the lines that were written. A worker may add options of its own. */
const nodeOptions = (given = ''): string => `--enable-source-maps ${given}`.trim()

/**
 * A function with a role and a log group of its own, as the children `Function`, `Role` and `Logs` of a scope that
 * holds nothing else of these names. What it may do is what it was given here, and nothing else.
 */
export function runnerFunction(
  scope: Construct,
  { logRetention, tracing, architecture, environment }: FunctionSettings,
  { description, timeoutMs, memorySize, more, ...spec }: FunctionSpec,
): LambdaFunction {
  const logGroup = new LogGroup(scope, 'Logs', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY })
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description })
  logGroup.grantWrite(role)
  for (const one of spec.statements) role.addToPolicy(one)
  const made = new LambdaFunction(scope, 'Function', {
    description,
    runtime: Runtime.NODEJS_24_X,
    architecture,
    handler: 'index.handler',
    code: spec.code,
    timeout: Duration.millis(timeoutMs),
    memorySize,
    environment: {
      ...spec.environment,
      ...environment,
      NODE_OPTIONS: nodeOptions(spec.environment['NODE_OPTIONS']),
    },
    role,
    logGroup,
    // Jobs that enqueue jobs look like a loop to Lambda, which would drop their messages after 16 hops.
    recursiveLoop: RecursiveLoop.ALLOW,
    ...more,
  })
  acknowledge(made, {
    'Serverless-LambdaDLQ':
      'Mappings and API Gateway wait for the answer; the calls of rules have an on-failure destination instead.',
    ...(tracing === Tracing.DISABLED
      ? { 'Serverless-LambdaTracing': 'X-Ray is off unless the prop asks for it.' }
      : {}),
  })
  // The CDK names the role twice, as the function's role and among what it waits for; cfn-lint would have it once.
  cfnOf(made).addMetadata('cfn-lint', { config: { ignore_checks: ['W3005'] } })
  if (more?.vpc !== undefined) allowEverywhere(made, 'VpcAccess', vpcActions, vpcReason)
  trace(made, tracing)
  return made
}

const cfnOf = (made: LambdaFunction): CfnFunction => made.node.defaultChild as CfnFunction

function trace(made: LambdaFunction, tracing: Tracing): void {
  if (tracing === Tracing.DISABLED) return
  cfnOf(made).tracingConfig = { mode: tracing }
  if (tracing === Tracing.ACTIVE) allowEverywhere(made, 'TraceAccess', traceActions, traceReason)
}

/** docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const vpcActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]
const vpcReason = 'In a VPC Lambda makes network interfaces in the name of the function, before they have an ARN.'
const traceActions = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords']
const traceReason = 'X-Ray knows no resources.'

/** Where AWS takes no ARN. In a policy of its own, so that the reason covers nothing else. */
function allowEverywhere(made: LambdaFunction, id: string, actions: readonly string[], reason: string): void {
  const policy = new Policy(made, id, { statements: [statement(actions, ['*'])] })
  made.role?.attachInlinePolicy(policy)
  // Lambda looks at the role when the function is made.
  cfnOf(made).node.addDependency(policy)
  acknowledge(policy, { 'AwsSolutions-IAM5[Resource::*]': reason })
}

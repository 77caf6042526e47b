import type { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { ILayerVersion, Tracing } from 'aws-cdk-lib/aws-lambda'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Runner } from '../lib/core/definition/runner.ts'
import type { BundlingOptions } from './bundle.ts'

/** Settings of a `JobRunner`. Queues, concurrency and timeouts are not here: the runner's contracts say them. */
export interface JobRunnerProps {
  /** What `defineRunner` made. */
  readonly runner: Runner
  /** The module that exports `handlers`; bundled into workers only. Absolute, or relative to the working directory. */
  readonly handlersEntry: string
  /**
   * The module that exports `runner`: bundled into every function, because an object cannot be.
   * @default a file `jobs` beside `handlersEntry`, with the same extension
   */
  readonly runnerEntry?: string
  /** Settings of single workers, by the name of their queue. @default none */
  readonly workers?: Readonly<Record<string, WorkerProps>>
  /** Whether there is an HTTP API. @default true */
  readonly api?: boolean
  /**
   * Who may call the API: `'iam'` takes requests signed by a principal with `execute-api:Invoke`; an authorizer of
   * your own decides itself; `'none'` lets everybody in, and warns. @default 'iam'
   */
  readonly apiAuth?: 'iam' | 'none' | IHttpRouteAuthorizer
  /** Requests a second that the API takes; a burst may be twice as large. 1 to 10,000. @default 100 */
  readonly apiRequestsPerSecond?: number
  /**
   * Whether a daily scan looks for jobs that are in no index: what a console edit left behind while the stream's
   * events were lost. @default true
   */
  readonly reconciler?: boolean
  /**
   * Is told when a job completes, fails, is cancelled or will be tried again: source `lamplighter`. Best effort; no job
   * waits for it. @default none
   */
  readonly eventBus?: IEventBus
  /** Whether alarms are made. @default true */
  readonly alarms?: boolean
  /** Is told when an alarm goes off, and when it is over. @default nobody; the alarms only show */
  readonly alarmTopic?: ITopic
  /** Age of the oldest due job from which on the alarm goes off. At least 2 minutes. @default 3 minutes */
  readonly maxDueAge?: Duration
  /** Age of the oldest message of a queue from which on the alarm goes off. At least 1 minute. @default 5 minutes */
  readonly maxQueueAge?: Duration
  /** Encrypts the table and the queues. @default keys that AWS owns */
  readonly encryptionKey?: IKey
  /** What becomes of the table when it leaves the stack. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
  /** Whether the table can only be deleted after this was switched off. @default true, unless removalPolicy is DESTROY */
  readonly deletionProtection?: boolean
  /** How long logs are kept. @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays
  /** X-Ray. Active tracing grants every function `xray:Put…` on all resources. @default Tracing.DISABLED */
  readonly tracing?: Tracing
  /** CloudWatch namespace of the metrics. @default 'Lamplighter/' and the stack's name, and the construct's path in it */
  readonly metricsNamespace?: string
}

/** Settings of one worker function. */
export interface WorkerProps {
  /** Handlers of this queue's jobs only, so that other workers need not carry their code. @default handlersEntry of the runner */
  readonly handlersEntry?: string
  /** In MB. 128 to 10,240. @default 512 */
  readonly memorySize?: number
  /** Read by the handlers. Names beginning with `LAMPLIGHTER_` or `AWS_` may not be set that Lamplighter sets itself. @default none */
  readonly environment?: Readonly<Record<string, string>>
  /** The VPC to run in. It needs a way to DynamoDB and SQS: endpoints or NAT. @default none */
  readonly vpc?: IVpc
  /** @default the VPC's private subnets */
  readonly vpcSubnets?: SubnetSelection
  /** @default one of its own */
  readonly securityGroups?: readonly ISecurityGroup[]
  /** @default none */
  readonly layers?: readonly ILayerVersion[]
  /** Reserved for this worker out of the account's concurrency. At least the queue's own concurrency. @default none */
  readonly reservedConcurrency?: number
  /** What the handlers may do beside running jobs. `bucket.grantRead(jobs.worker('default'))` adds to it as well. @default nothing */
  readonly policyStatements?: readonly PolicyStatement[]
  /** How esbuild treats the handlers. @default everything goes in */
  readonly bundling?: BundlingOptions
}

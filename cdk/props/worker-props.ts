import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Architecture, Code, ILayerVersion } from 'aws-cdk-lib/aws-lambda'
import type { BundlingOptions } from '../../lib/bundle/bundle.ts'

/** Settings of one worker function. */
export interface WorkerProps {
  /** Handlers of this queue's jobs only, so that other workers need not carry their code. @default handlersEntry of the runner */
  readonly handlersEntry?: string
  /** In MB. 128 to 10,240. @default 512 */
  readonly memorySize?: number
  /** Of this worker, where its layers need another one. @default the runner's */
  readonly architecture?: Architecture
  /**
   * Variables for the handlers. Those that Lamplighter sets are refused (`LAMPLIGHTER_TABLE`, `LAMPLIGHTER_RECORDS`,
   * `LAMPLIGHTER_QUEUES`, `LAMPLIGHTER_EVENT_BUS`, `POWERTOOLS_METRICS_NAMESPACE`, `POWERTOOLS_LOG_LEVEL`), and those
   * that Lambda reserves. `NODE_OPTIONS` is added to the worker's own.
   * @default none
   */
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
  /** What the handlers may do in addition to running jobs. `bucket.grantRead(jobs.worker('default'))` adds to it as well. @default nothing */
  readonly policyStatements?: readonly PolicyStatement[]
  /** How esbuild treats the handlers. @default everything is bundled */
  readonly bundling?: BundlingOptions
  /**
   * The result of a build of your own, instead of a bundle: a file `index.mjs` that exports
   * `handler = createWorker({ runner, handlers })`. It is not checked at synth.
   * @default Lamplighter bundles handlersEntry
   */
  readonly code?: Code
}

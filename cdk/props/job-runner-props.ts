import type { RemovalPolicy } from 'aws-cdk-lib'
import type { CorsPreflightOptions } from 'aws-cdk-lib/aws-apigatewayv2'
import type { WarmThroughput } from 'aws-cdk-lib/aws-dynamodb'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Architecture, Tracing } from 'aws-cdk-lib/aws-lambda'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Runner } from '../../lib/core/definition/runner.ts'
import type { PayloadBucket } from '../access/permissions.ts'
import type { AlarmSettings } from '../alarms/alarm-settings.ts'
import type { ApiAuth } from './api-auth.ts'
import type { DashboardProps } from './dashboard-props.ts'
import type { WorkerProps } from './worker-props.ts'

/** Settings of a `JobRunner`. Queues, concurrency and timeouts are not here: the runner's contracts say them. */
export interface JobRunnerProps {
  /** What `defineRunner` returned. */
  readonly runner: Runner
  /**
   * The module that exports `handlers`; bundled into workers only. Absolute, or relative to the working directory.
   *
   * Synth loads it once, as Lambda would, to find job types without a handler and modules that do not start (see
   * `checkHandlers`). Top-level code of the handlers therefore runs at `cdk synth`, `cdk diff` and `cdk ls`, and in
   * tests of the stack: in a process of its own, for at most 15 s, with the worker's variables, and without the AWS
   * credentials and other variables of the shell.
   * @default `"lamplighter": { "handlers": … }` in the package.json of the working directory, with its `runner` and
   * `workers`: what `lamplighter dev` runs
   */
  readonly handlersEntry?: string
  /**
   * The module that exports `runner`: bundled into every function, because an object cannot be.
   * @default a file `jobs` in the folder of `handlersEntry`, with the same extension
   */
  readonly runnerEntry?: string
  /** Whether synth loads the handlers and checks them. @default true */
  readonly checkHandlers?: boolean
  /** Settings of single workers, by the name of their queue. @default none */
  readonly workers?: Readonly<Record<string, WorkerProps>>
  /** Whether there is an HTTP API. @default true */
  readonly api?: boolean
  /**
   * Who may call the API: `'iam'` takes requests signed by a principal with `execute-api:Invoke` (see `grantApiRead`,
   * `grantApiWrite`, `grantApiOperate`); `{ jwt: { issuer, audience } }` takes tokens with the scopes `jobs:read`,
   * `jobs:write` and `jobs:operate`; an authorizer of your own decides itself; `'none'` lets everybody in, and warns.
   * @default 'iam'
   * @example { jwt: { issuer: 'https://login.example', audience: ['jobs'] } }
   */
  readonly apiAuth?: ApiAuth
  /** Requests a second that the API takes; a burst may be twice as large. 1 to 10,000. @default 100 */
  readonly apiRequestsPerSecond?: number
  /**
   * Lets pages of these origins call the API from a browser. Methods, headers and `maxAge` have defaults that fit the
   * API. @default none: the API is for servers
   * @example { allowOrigins: ['https://shop.example'] }
   */
  readonly apiCors?: CorsPreflightOptions
  /**
   * What the API's answers reveal: `'types'`, the refusal of an unknown job type names the registered ones; `'stacks'`,
   * failed jobs show the stack of their error. For APIs that only operators reach. @default neither
   */
  readonly apiDetails?: readonly ('types' | 'stacks')[]
  /**
   * Serves the dashboard at the address of the API, to people who sign in at an OpenID provider. The page itself is open
   * to everybody and holds no data; scopes of the token decide what it shows and which buttons it has. Needs
   * `apiAuth: { jwt }`, or an authorizer of your own that takes bearer tokens.
   * @default none: `lamplighter dashboard --stack` shows a deployed stack, with IAM credentials
   * @example { oidc: { clientId: 'dashboard' } }
   */
  readonly dashboard?: DashboardProps
  /**
   * Whether a daily scan looks for jobs that are in no index: what a console edit left behind while the stream's
   * events were lost. @default true
   */
  readonly reconciler?: boolean
  /**
   * Whether a function follows the job table's stream and derives counts, run history, error groups and events. Without
   * it jobs run all the same; there are no runs and no rates, and no event bus is allowed.
   * @default true
   */
  readonly recorder?: boolean
  /**
   * Whether there is a queue of Lamplighter's own, with a worker: bulk acts and backfills are its jobs. Without it they are
   * refused. Costs about $0.26 a month while nothing is done: Lambda asks the queue for messages.
   * @default true
   */
  readonly systemQueue?: boolean
  /**
   * Receives an event when a job completes, fails, is cancelled or will be tried again, whoever caused it: source
   * `lamplighter`. At least once, in no order: `eventId` is the same when an event is repeated. No job waits for it.
   * @default none
   */
  readonly eventBus?: IEventBus
  /**
   * Bucket for inputs above 300 KB, up to 4 MB, under `input/`, and for such values of steps, under `step/`. A bucket that
   * this app makes gets a lifecycle rule for each class of days (`input/0128/` … `step/0512/` …); one that is imported needs
   * them from whoever owns it.
   * @default none: an input has at most 397,312 bytes, and a value of a step 300 KB
   */
  readonly payloads?: PayloadBucket
  /** Which alarms there are and what they call; `false` makes none. @default all alarms, without actions */
  readonly alarms?: AlarmSettings | false
  /** Whether the stack gets outputs: the URL of the API, the tables' names, the URLs of the queues. @default true */
  readonly outputs?: boolean
  /** Encrypts the tables and the queues. It does not cover log groups and function variables. @default keys that AWS owns */
  readonly encryptionKey?: IKey
  /** Throughput that the job table and its index sustain at once, for loads above 4,000 writes a second. @default DynamoDB's */
  readonly warmThroughput?: WarmThroughput
  /** Limits the cost of reads: read units a second of the job table and of its index. @default no limit */
  readonly maxReadRequestUnits?: number
  /** Limits the cost of writes: write units a second of the job table and of its index. @default no limit */
  readonly maxWriteRequestUnits?: number
  /** What happens to the tables when they leave the stack. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
  /** Whether the tables can only be deleted after this was switched off. @default true, unless removalPolicy is DESTROY */
  readonly deletionProtection?: boolean
  /** Of every function. @default Architecture.ARM_64 */
  readonly architecture?: Architecture
  /** In MB. More memory is more CPU, up to one CPU at 1,769 MB. 128 to 10,240. @default 1,769 */
  readonly sweeperMemorySize?: number
  /** In MB. 128 to 10,240. @default 512 */
  readonly dispatcherMemorySize?: number
  /** In MB. 128 to 10,240. @default 512 */
  readonly recorderMemorySize?: number
  /** The least level that functions and handlers log. @default 'INFO' */
  readonly logLevel?: LogLevel
  /** How long logs are kept. @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays
  /** X-Ray. Active tracing grants every function `xray:Put…` on all resources. @default Tracing.DISABLED */
  readonly tracing?: Tracing
  /** CloudWatch namespace of the metrics. @default 'Lamplighter/' and the stack's name, and the construct's path in it */
  readonly metricsNamespace?: string
}

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'

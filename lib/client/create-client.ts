import { checkActor } from '../app/operate/acts.ts'
import { type AwsClients, awsDeps, namesFrom } from '../aws/connect.ts'
import { withBucket } from '../aws/s3-payloads.ts'
import type { Runner } from '../core/definition/runner.ts'
import { refuseUnknownKeys } from '../core/values/check-options.ts'
import { InvalidDefinition } from '../core/values/errors.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { type Client, clientOn } from './client.ts'

/** What `createClient` takes. */
export interface ClientOptions {
  /** The contracts; no handler code comes with them. */
  readonly runner: Runner
  /** Name of the DynamoDB table of jobs. @default LAMPLIGHTER_TABLE */
  readonly table?: string
  /** Name of the DynamoDB table of records, which holds everything else that lasts. @default LAMPLIGHTER_RECORDS */
  readonly records?: string
  /** Queue name → SQS queue URL, one for each queue of the runner. @default LAMPLIGHTER_QUEUES, a JSON object */
  readonly queues?: Readonly<Record<string, string>>
  /**
   * Name of the S3 bucket for inputs above 300 KB, up to 4 MB.
   * @default LAMPLIGHTER_PAYLOADS; without one an input has at most 397,312 bytes
   */
  readonly payloads?: string
  /** Gets an event for each job enqueued or changed. @default none */
  readonly telemetry?: Telemetry
  /**
   * Who acts through this client: the audit keeps it with each act for 90 days. 1 to 256 characters.
   * @example createClient({ runner, actor: 'clean-up script' })
   * @default no act is noted
   */
  readonly actor?: string
  /** SDK clients of your own: another region, other credentials, tracing. @default clients made from the environment */
  readonly clients?: AwsClients
}

const silent: Telemetry = { emit: () => {} }

/**
 * A client straight on DynamoDB and SQS. Make one per process.
 *
 * @example const client = createClient({ runner }) // names from LAMPLIGHTER_TABLE, LAMPLIGHTER_RECORDS and LAMPLIGHTER_QUEUES
 * @throws InvalidInput for an option out of its range
 * @throws InvalidDefinition when a name is neither given nor in the environment, or a queue of the runner has no URL
 */
export function createClient(options: ClientOptions): Client {
  refuseUnknownKeys('createClient', options, [
    'runner',
    'table',
    'records',
    'queues',
    'payloads',
    'telemetry',
    'actor',
    'clients',
  ])
  const { runner, telemetry = silent, clients, actor, ...given } = options
  if (actor !== undefined) checkActor(actor)
  const names = namesFrom(process.env, given)
  for (const queue of Object.keys(runner.queues)) {
    if (Object.hasOwn(names.queues, queue)) continue
    const known = Object.keys(names.queues).join(', ') || 'none'
    throw new InvalidDefinition(
      `queue '${queue}' of the runner has no URL in \`queues\` or LAMPLIGHTER_QUEUES; given: ${known}`,
    )
  }
  return clientOn(withBucket(awsDeps(runner, names, telemetry, clients), names, clients?.dynamodb), names, actor)
}

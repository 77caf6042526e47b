import { type AwsClients, awsDeps, namesFrom } from '../aws/connect.ts'
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
  /** Gets an event for each job enqueued or changed. @default none */
  readonly telemetry?: Telemetry
  /** SDK clients of your own: another region, other credentials, tracing. @default clients made from the environment */
  readonly clients?: AwsClients
}

const silent: Telemetry = { emit: () => {} }

/**
 * A client straight on DynamoDB and SQS. Make one per process.
 *
 * @example const client = createClient({ runner }) // names from LAMPLIGHTER_TABLE, LAMPLIGHTER_RECORDS and LAMPLIGHTER_QUEUES
 * @throws InvalidDefinition when a name is neither given nor in the environment, or a queue of the runner has no URL
 */
export function createClient(options: ClientOptions): Client {
  refuseUnknownKeys('createClient', options, ['runner', 'table', 'records', 'queues', 'telemetry', 'clients'])
  const { runner, telemetry = silent, clients, ...given } = options
  const names = namesFrom(process.env, given)
  for (const queue of Object.keys(runner.queues)) {
    if (Object.hasOwn(names.queues, queue)) continue
    const known = Object.keys(names.queues).join(', ') || 'none'
    throw new InvalidDefinition(
      `queue '${queue}' of the runner has no URL in \`queues\` or LAMPLIGHTER_QUEUES; given: ${known}`,
    )
  }
  return clientOn(awsDeps(runner, names, telemetry, clients), names)
}

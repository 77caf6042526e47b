import { devNull } from 'node:os'

/** Where the engines of a stack are found. */
export interface LocalNames {
  readonly dynamoEndpoint: string
  readonly sqsEndpoint: string
  readonly s3Endpoint: string
  /** Bucket for large inputs. */
  readonly payloads: string
  readonly table: string
  readonly records: string
  /** Queue name → URL. */
  readonly queues: Readonly<Record<string, string>>
}

export const region = 'us-east-1'
export const accountId = '000000000000'
/** No secrets: the embedded engines take any. */
export const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Known to everyone, for local use: any receiver of local deliveries may know it. */
export const localWebhookKey =
  'whsk_a25vd24gdG8gZXZlcnlvbmUsIGZvciBsb2NhbCB1c2VmN5cw0IHYmlVZHfV3F7pN9fKY+IVF3kbm5KgqM40Y5A=='

/**
 * Where calls of AWS go that are not Lamplighter's own.
 * - `local`: to the engines; nothing reaches a real account
 * - `real`: wherever the caller's AWS settings lead
 */
export const awsTargets = ['local', 'real'] as const
export type AwsTarget = (typeof awsTargets)[number]

/** What Lamplighter and, with `local`, the SDK read: with these, a program reaches the stack as it would the cloud. */
export const clientEnvironment = (names: LocalNames, aws: AwsTarget): Readonly<Record<string, string>> => ({
  LAMPLIGHTER_ENDPOINTS: JSON.stringify({
    dynamodb: names.dynamoEndpoint,
    sqs: names.sqsEndpoint,
    s3: names.s3Endpoint,
  }),
  ...(aws === 'real'
    ? {}
    : {
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_ENDPOINT_URL_DYNAMODB: names.dynamoEndpoint,
        AWS_ENDPOINT_URL_SQS: names.sqsEndpoint,
      }),
  LAMPLIGHTER_TABLE: names.table,
  LAMPLIGHTER_RECORDS: names.records,
  LAMPLIGHTER_QUEUES: JSON.stringify(names.queues),
  LAMPLIGHTER_PAYLOADS: names.payloads,
})

const withoutProfiles = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
}

const eventBus = 'LAMPLIGHTER_EVENT_BUS'

/** What the environment asks for and a local stack does not have, a line each. */
export const notEmulated = (own: Readonly<Record<string, string | undefined>>): readonly string[] =>
  (own[eventBus] ?? '') === '' ? [] : [`${eventBus} is set, but there is no event bus here: no event is sent`]

/**
 * The environment of the functions. With `local`, nothing of the user's AWS settings gets in: no profile, no
 * configuration file and no token could ever send a local run to a real account.
 */
export function functionEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  names: LocalNames,
  aws: AwsTarget,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(own)) {
    const isTaken = name === eventBus || (aws === 'local' && /^_?AWS_/i.test(name))
    if (value !== undefined && !isTaken) kept[name] = value
  }
  return {
    LAMPLIGHTER_WEBHOOK_KEY: localWebhookKey,
    LAMPLIGHTER_API_DETAILS: 'types,stacks',
    // A write costs nothing here, and a person wants to see every run.
    LAMPLIGHTER_HISTORY: 'all',
    ...kept,
    ...clientEnvironment(names, aws),
    ...(aws === 'local' ? withoutProfiles : {}),
    // Receivers on this machine, and in the networks that the user names.
    LAMPLIGHTER_WEBHOOK_NETWORKS: ['127.0.0.0/8', '::1/128', kept['LAMPLIGHTER_WEBHOOK_NETWORKS'] ?? []].flat().join(),
  }
}

/** Where the functions find the mappings of the stack's queues. The id of one is the name of its queue. */
export const mappingsEnvironment = (endpoint: string, queues: readonly string[]): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL_LAMBDA: endpoint,
  LAMPLIGHTER_MAPPINGS: JSON.stringify(Object.fromEntries(queues.map(queue => [queue, queue]))),
})

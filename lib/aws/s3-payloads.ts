import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { PayloadObject } from '../core/records/payload.ts'
import { Unavailable } from '../core/values/errors.ts'
import { repeatFailed } from '../core/values/repeat-failed.ts'
import type { Clock } from '../ports/clock.ts'
import type { Deps } from '../ports/deps.ts'
import type { PayloadStore } from '../ports/payload-store.ts'
import { dynamoClient, localEndpoint, type Names } from './connect.ts'
import { s3Path, signedHeaders } from './sign-s3.ts'

export interface S3PayloadOptions {
  readonly bucket: string
  /** Knows region and credentials as every client of the SDK does. */
  readonly client: DynamoDBClient
  readonly clock: Clock
  /** @default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else that of the region */
  readonly endpoint?: string | undefined
}

/** An answer takes tens of milliseconds; four megabytes over a slow line take seconds. */
const timeoutMs = 10_000
const delaysMs = [100, 400]

type Answer =
  | { readonly kind: 'found'; readonly body: string }
  | { readonly kind: 'none' }
  /** @property isFinal: S3 would say the same again */
  | { readonly kind: 'failed'; readonly error: Error; readonly isFinal: boolean }

/** Objects of one bucket, by plain requests. */
export class S3PayloadStore implements PayloadStore {
  readonly #options: S3PayloadOptions

  constructor(options: S3PayloadOptions) {
    this.#options = options
  }

  async put({ key, body }: PayloadObject): Promise<Error | undefined> {
    const answer = await this.#ask('PUT', key, body)
    return answer.kind === 'failed' ? answer.error : undefined
  }

  async get(key: string): Promise<string | undefined> {
    const answer = await this.#ask('GET', key)
    if (answer.kind === 'failed') throw new Unavailable(`object ${key}`, answer.error)
    return answer.kind === 'found' ? answer.body : undefined
  }

  async #ask(method: 'GET' | 'PUT', key: string, body?: string): Promise<Answer> {
    const [answer] = await repeatFailed(
      [key],
      async () => [await this.#once(method, key, body)],
      one => one.kind === 'failed' && !one.isFinal,
      { clock: this.#options.clock, delaysMs },
    )
    return answer ?? { kind: 'failed', error: new Error('no answer'), isFinal: true }
  }

  async #once(method: 'GET' | 'PUT', key: string, body: string | undefined): Promise<Answer> {
    const { bucket, client, clock, endpoint } = this.#options
    try {
      const [region, credentials] = await Promise.all([client.config.region(), client.config.credentials()])
      const url = new URL(`${endpoint ?? `https://s3.${region}.amazonaws.com`}${s3Path(bucket, key)}`)
      const headers = signedHeaders({ method, url, region, credentials, now: clock.now() })
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await fetch(url, { method, headers, signal, ...(body === undefined ? {} : { body }) })
      const text = await response.text()
      if (response.ok) return { kind: 'found', body: text }
      // A bucket that is gone is a mistake, and may come back.
      if (response.status === 404 && method === 'GET' && !text.includes('NoSuchBucket')) return { kind: 'none' }
      const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? 'no code'
      const error = new Error(`S3 answers ${response.status} (${code}) for ${method} ${bucket}/${key}`)
      return { kind: 'failed', error, isFinal: response.status < 500 && response.status !== 429 }
    } catch (error) {
      return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)), isFinal: false }
    }
  }
}

/**
 * With the bucket, where there is one. Apart from the other ports: not every function can carry it.
 * @param client whose region and credentials count
 */
export function withBucket<Given extends Deps>(
  deps: Given,
  { payloads: bucket }: Names,
  client?: DynamoDBClient,
): Given {
  return bucket === undefined ? deps : { ...deps, payloads: bucketOf(deps, bucket, client) }
}

/** @param client whose region and credentials count */
export function bucketOf({ clock }: Pick<Deps, 'clock'>, bucket: string, client = dynamoClient()): S3PayloadStore {
  const endpoint = localEndpoint('s3') ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']
  return new S3PayloadStore({ bucket, client, clock, endpoint })
}

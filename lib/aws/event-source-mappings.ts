/**
 * Lambda's event source mappings, by two requests of its API. Its own client would take more room than the rest of a
 * function has left; what signs DynamoDB's requests signs these, too.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { InvalidDefinition, show, Unavailable } from '../core/values/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Mapping, MappingChange, Mappings } from '../ports/mappings.ts'

/** Lambda takes 15 requests a second of this kind from a whole account. …/lambda/latest/dg/gettingstarted-limits.html */
const holdsMs = 15_000
const timeoutMs = 3_000

type Environment = Readonly<Record<string, string | undefined>>

/**
 * @param environment `LAMPLIGHTER_MAPPINGS`: a JSON object of queue name → id of its mapping
 * @returns undefined where it names none: this function may not look at them
 * @throws InvalidDefinition
 */
export function mappingsFrom(environment: Environment, clock: Pick<Clock, 'now'>): Mappings | undefined {
  const text = environment['LAMPLIGHTER_MAPPINGS'] ?? ''
  if (text === '') return undefined
  try {
    return new LambdaMappings(JSON.parse(text) as Readonly<Record<string, string>>, environment, clock)
  } catch {
    throw new InvalidDefinition(`LAMPLIGHTER_MAPPINGS is ${show(text)}; allowed: a JSON object of queue name to id`)
  }
}

class LambdaMappings implements Mappings {
  readonly #ids: Readonly<Record<string, string>>
  readonly #environment: Environment
  readonly #clock: Pick<Clock, 'now'>
  readonly #answers = new Map<string, { readonly mapping: Mapping; readonly at: number }>()
  /** Never sends: it finds region and credentials, and signs. */
  readonly #signing = new DynamoDBClient({})

  constructor(ids: Readonly<Record<string, string>>, environment: Environment, clock: Pick<Clock, 'now'>) {
    this.#ids = ids
    this.#environment = environment
    this.#clock = clock
  }

  async read(queue: string): Promise<Mapping | undefined> {
    const id = this.#idOf(queue)
    if (id === undefined) return undefined
    const known = this.#answers.get(queue)
    if (known !== undefined && this.#clock.now() - known.at < holdsMs) return known.mapping
    const mapping = mappingIn(await this.#send(id, 'GET'))
    this.#answers.set(queue, { mapping, at: this.#clock.now() })
    return mapping
  }

  async update(queue: string, { isEnabled, concurrency }: MappingChange): Promise<void> {
    const id = this.#idOf(queue)
    if (id === undefined) return
    this.#answers.delete(queue)
    await this.#send(id, 'PUT', {
      ...(isEnabled === undefined ? {} : { Enabled: isEnabled }),
      ...(concurrency === undefined ? {} : { ScalingConfig: { MaximumConcurrency: concurrency } }),
    })
  }

  #idOf(queue: string): string | undefined {
    return Object.hasOwn(this.#ids, queue) ? this.#ids[queue] : undefined
  }

  /** …/lambda/latest/api/API_UpdateEventSourceMapping.html @throws Unavailable */
  async #send(id: string, method: 'GET' | 'PUT', change?: object): Promise<unknown> {
    try {
      const { config } = this.#signing
      const region = await config.region()
      const { AWS_ENDPOINT_URL_LAMBDA: own, AWS_ENDPOINT_URL: all } = this.#environment
      const suffix = region.startsWith('cn-') ? '.cn' : ''
      const url = new URL(own ?? all ?? `https://lambda.${region}.amazonaws.com${suffix}`)
      url.pathname = `/2015-03-31/event-source-mappings/${id}`
      const body = change === undefined ? undefined : JSON.stringify(change)
      const signer = await config.signer({
        name: 'sigv4',
        signingName: 'lambda',
        signingRegion: region,
        properties: {},
      })
      const { headers } = await signer.sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: {},
        headers: { host: url.host, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body,
      })
      const { host: _, ...sent } = headers
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await fetch(url, { method, headers: sent, signal, ...(body === undefined ? {} : { body }) })
      if (response.ok) return await response.json()
      throw new Error(`status ${response.status}: ${(await response.text()).slice(0, 300)}`)
    } catch (error) {
      throw new Unavailable('Lambda', error)
    }
  }
}

function mappingIn(answer: unknown): Mapping {
  const { State, ScalingConfig } = (answer ?? {}) as Readonly<Record<string, unknown>>
  const { MaximumConcurrency } = (ScalingConfig ?? {}) as Readonly<Record<string, unknown>>
  return {
    state: typeof State === 'string' ? State : 'unknown',
    concurrency: typeof MaximumConcurrency === 'number' ? MaximumConcurrency : undefined,
  }
}

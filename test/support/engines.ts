import { createTable } from '../../lib/aws/create-table.ts'
import { awsDeps } from '../../lib/aws/deps.ts'
import { dynamoClient } from '../../lib/aws/clients.ts'
import type { Runner } from '../../lib/core/contract.ts'
import { type Dynoxide, startDynoxide } from '../../lib/local/dynoxide.ts'
import { type Fauxqs, startFauxqs } from '../../lib/local/fauxqs.ts'
import type { WorkerDeps } from '../../lib/ports/deps.ts'
import type { TelemetryEvent } from '../../lib/ports/telemetry.ts'
import { type CountingProxy, startCountingProxy } from './counting-proxy.ts'

export interface Engines {
  readonly dynamo: CountingProxy
  readonly sqs: CountingProxy
  readonly names: { readonly table: string; readonly queues: Readonly<Record<string, string>> }
  readonly events: TelemetryEvent[]
  /** The ports on the engines, with a clock that can be moved ahead of the machine's. */
  deps(runner: Runner, aheadMs?: () => number): WorkerDeps
  stop(): Promise<void>
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Both embedded engines behind counting proxies, found by the SDK through its own environment variables. */
export async function startEngines(queueNames: readonly string[]): Promise<Engines> {
  const dynoxide: Dynoxide = await startDynoxide()
  const fauxqs: Fauxqs = await startFauxqs()
  const [dynamo, sqs] = [await startCountingProxy(dynoxide.endpoint), await startCountingProxy(fauxqs.endpoint)]
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
  })
  const names = { table: 'lamplighter', queues: {} as Record<string, string> }
  for (const name of queueNames) {
    await fauxqs.createQueue(name)
    names.queues[name] = fauxqs.queueUrl(name).replace(fauxqs.endpoint, sqs.endpoint)
  }
  await createTable(dynamoClient(), names.table)
  const events: TelemetryEvent[] = []
  return {
    dynamo,
    sqs,
    names,
    events,
    deps(runner, aheadMs = () => 0) {
      const deps = awsDeps(runner, names, { emit: event => events.push(event) })
      const clock = { ...deps.clock, now: () => deps.clock.now() + aheadMs() }
      return { ...deps, clock, loggerFor: () => silent }
    },
    async stop() {
      await Promise.all([dynamo.stop(), sqs.stop()])
      await Promise.all([dynoxide.stop(), fauxqs.stop()])
    },
  }
}

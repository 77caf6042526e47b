import { tick } from '../../lib/app/sweeper/tick.ts'
import { awsDeps, dynamoClient } from '../../lib/aws/connect.ts'
import { createTables } from '../../lib/aws/dynamodb/create-table.ts'
import type { Runner } from '../../lib/core/definition/runner.ts'
import { startDynoxide } from '../../lib/dev/engines/dynoxide.ts'
import { type Fauxqs, startFauxqs } from '../../lib/dev/engines/fauxqs.ts'
import type { WorkerDeps } from '../../lib/ports/deps.ts'
import type { TelemetryEvent } from '../../lib/ports/telemetry.ts'
import { type CountingProxy, startCountingProxy } from './counting-proxy.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

export interface Engines {
  /** What reached each engine. */
  readonly dynamo: CountingProxy
  readonly sqs: CountingProxy
  /** What goes wrong on the way there; nothing until a test plans it. */
  readonly faults: { readonly dynamo: FaultProxy; readonly sqs: FaultProxy }
  readonly names: {
    readonly table: string
    readonly records: string
    readonly queues: Readonly<Record<string, string>>
  }
  readonly events: TelemetryEvent[]
  /** The ports on the engines, with a clock that can be moved ahead of the machine's. */
  deps(runner: Runner, aheadMs?: () => number): WorkerDeps
  stop(): Promise<void>
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** An engine that speaks DynamoDB's protocol: dynoxide, DynamoDB Local. */
export type StartDynamo = () => Promise<{ readonly endpoint: string; stop(): Promise<void> }>

/** The clients' calls pass a proxy that breaks them, then one that counts them, then reach the engine. */
async function behindProxies(engine: { readonly endpoint: string; stop(): Promise<void> }) {
  const counting = await startCountingProxy(engine.endpoint)
  const faults = await startFaultProxy(counting.endpoint)
  return {
    counting,
    faults,
    async stop() {
      await faults.stop()
      await counting.stop()
      await engine.stop()
    },
  }
}

/** A DynamoDB and an SQS behind proxies, found by the SDK through its own environment variables. */
export async function startEngines(
  queueNames: readonly string[],
  startDynamo: StartDynamo = startDynoxide,
): Promise<Engines> {
  const fauxqs: Fauxqs = await startFauxqs()
  const [dynamo, sqs] = [await behindProxies(await startDynamo()), await behindProxies(fauxqs)]
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.faults.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.faults.endpoint,
  })
  const names = { table: 'lamplighter', records: 'lamplighter-records', queues: {} as Record<string, string> }
  for (const name of queueNames) {
    await fauxqs.createQueue(name)
    names.queues[name] = fauxqs.queueUrl(name).replace(fauxqs.endpoint, sqs.faults.endpoint)
  }
  await createTables(dynamoClient(), names)
  const events: TelemetryEvent[] = []
  return {
    dynamo: dynamo.counting,
    sqs: sqs.counting,
    faults: { dynamo: dynamo.faults, sqs: sqs.faults },
    names,
    events,
    deps(runner, aheadMs = () => 0) {
      const deps = awsDeps(runner, names, { emit: event => events.push(event) })
      const clock = { ...deps.clock, now: () => deps.clock.now() + aheadMs() }
      return { ...deps, clock, loggerFor: () => silent }
    },
    async stop() {
      await Promise.all([dynamo.stop(), sqs.stop()])
    },
  }
}

/** Engines after the first tick: it makes the control record, which no job pays for. */
export async function startTicked(runner: Runner): Promise<Engines> {
  const engines = await startEngines(['default'])
  const deps = engines.deps(runner)
  await tick(deps, deps.clock.now() + 60_000)
  return engines
}

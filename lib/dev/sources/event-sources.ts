/** Everything that calls functions by itself: queues, the table's stream and the tick. */
import { streamFilters } from '../../aws/dynamodb/stream-filter.ts'
import { singleFunctions } from '../../core/definition/deployment.ts'
import { queuePolicyOf, type Runner } from '../../core/definition/runner.ts'
import { type Engines, queueArnOf } from '../engines/engines.ts'
import { region } from '../engines/environment.ts'
import type { Functions } from '../lambda/functions.ts'
import { type StateChange, stateChangeOf } from '../terminal/state-change.ts'
import type { LocalMappings } from './local-mappings.ts'
import { type Poller, startQueuePoller } from './queue-poller.ts'
import { feed } from './stream-mapping.ts'
import { openStream, readStream, type StreamReading, streamArnOf } from './stream-reader.ts'
import { scheduledEvent, startTicker } from './ticker.ts'

export interface SourceOptions {
  readonly runner: Runner
  readonly engines: Engines
  readonly functions: Functions
  readonly mappings: LocalMappings
  readonly tickMs: number
  readonly onTrouble: (text: string) => void
  readonly onChange: (change: StateChange) => void
}

const { recorder } = singleFunctions
/** In the cloud it collects for five seconds; here somebody watches. */
const recorderPauseMs = 500
/** Lambda reads a shard four times a second. */
const dispatcherPauseMs = 250
const watchBatchSize = 1_000
/** For the eye. */
const watchPauseMs = 100
/** The first jobs come first; a scan of the table has time. */
const reconcileAfterMs = 5_000

export interface Sources extends Poller {
  /** Polls the queues of another runner. Batches in hand go on. */
  pollQueuesOf(runner: Runner): void
  /** A tick in between. */
  tick(): Promise<void>
}

export async function startSources(options: SourceOptions): Promise<Sources> {
  const { functions } = options
  const stream = await startStreams(options)
  let queues = pollersOf(options, options.runner)
  const ending: Promise<void>[] = []
  const sweep = (event: unknown) => functions.sweeper.invoke(event)
  const ticker = startTicker({ everyMs: options.tickMs, region, invoke: sweep })
  const daily = startTicker({
    everyMs: singleFunctions.reconciler.trigger.everyMs,
    firstAfterMs: reconcileAfterMs,
    region,
    invoke: event => functions.reconciler.invoke(event),
  })
  return {
    pollQueuesOf(runner) {
      ending.push(...queues.map(source => source.stop()))
      queues = pollersOf(options, runner)
    },
    async tick() {
      await sweep(scheduledEvent(Date.now(), region))
    },
    async stop() {
      // A scan may take long, and the next one does the same work: it is cut short.
      functions.reconciler.pool.kill()
      await Promise.all([...ending, ...[ticker, daily, ...queues].map(source => source.stop())])
      // Last: what the others changed in the table is still reported.
      await stream.stop()
    },
  }
}

const pollersOf = ({ engines, functions, mappings, onTrouble }: SourceOptions, runner: Runner): readonly Poller[] =>
  Object.keys(runner.queues).map(queue => {
    const { batchSize } = queuePolicyOf(runner, queue)
    const mapping = () => mappings.of(queue)
    return startQueuePoller({
      client: engines.sqs,
      queueUrl: engines.names.queues[queue] ?? '',
      queueArn: queueArnOf(queue),
      region,
      batchSize,
      get concurrency() {
        return mapping().concurrency
      },
      get isEnabled() {
        return mapping().state === 'Enabled'
      },
      invoke: async event =>
        (await functions.workers[queue]?.invoke(event)) ?? {
          kind: 'failed',
          errorType: 'Stack.NoWorker',
          errorMessage: queue,
        },
      onTrouble,
    })
  })

/** Readers of their own: a dispatcher that fails again and again holds up itself, not the recorder or those who watch. */
async function startStreams({ engines, functions, onTrouble, onChange }: SourceOptions): Promise<Poller> {
  const streamArn = await streamArnOf(engines.dynamo, engines.names.table)
  const stopping = new AbortController()
  const reading = { client: engines.streams, streamArn, onTrouble }
  const dispatched: StreamReading = {
    ...reading,
    batchSize: singleFunctions.dispatcher.trigger.batchSize,
    pauseMs: dispatcherPauseMs,
  }
  const watched: StreamReading = { ...reading, batchSize: watchBatchSize, pauseMs: watchPauseMs }
  const mapping = {
    streamArn,
    region,
    filters: streamFilters,
    invoke: (event: unknown) => functions.dispatcher.invoke(event),
    onTrouble,
  }
  // From the beginning: what became AVAILABLE while no stack ran is found, and seen twice it does no harm.
  const start = await openStream(dispatched, 'TRIM_HORIZON')
  const readers = [readStream(dispatched, start, stopping.signal, records => feed(mapping, records, stopping.signal))]
  const recorded: StreamReading = { ...reading, batchSize: recorder.trigger.batchSize, pauseMs: recorderPauseMs }
  const beginning = await openStream(recorded, 'TRIM_HORIZON')
  const recording = {
    streamArn,
    region,
    shardId: beginning.shardId,
    invoke: (event: unknown) => functions.recorder.invoke(event),
    onTrouble,
  }
  readers.push(readStream(recorded, beginning, stopping.signal, records => feed(recording, records, stopping.signal)))
  const end = await openStream(watched, 'LATEST')
  readers.push(
    readStream(watched, end, stopping.signal, async records => {
      for (const record of records) {
        const change = stateChangeOf(record, Date.now())
        if (change !== undefined) onChange(change)
      }
    }),
  )
  return {
    async stop() {
      stopping.abort()
      await Promise.all(readers)
    },
  }
}

/** Everything that calls functions by itself: queues, the table's stream and the tick. */
import { streamFilters } from '../../aws/dynamodb/stream-filter.ts'
import { queuePolicyOf, type Runner } from '../../core/definition/runner.ts'
import { type Engines, queueArnOf } from '../engines/engines.ts'
import { region } from '../engines/environment.ts'
import { type Functions, invokeTelling } from '../lambda/functions.ts'
import { type StateChange, stateChangeOf } from '../terminal/state-change.ts'
import { type Poller, startQueuePoller } from './queue-poller.ts'
import { feed } from './stream-mapping.ts'
import { openStream, readStream, type StreamReading, streamArnOf } from './stream-reader.ts'
import { startTicker } from './ticker.ts'

export interface SourceOptions {
  readonly runner: Runner
  readonly engines: Engines
  readonly functions: Functions
  readonly tickMs: number
  readonly onTrouble: (text: string) => void
  readonly onChange?: (change: StateChange) => void
}

/** As the cloud's mapping asks for it. */
const dispatcherBatchSize = 100
/** Lambda reads a shard four times a second. */
const dispatcherPauseMs = 250
const watchBatchSize = 1_000
/** For the eye. */
const watchPauseMs = 100

export async function startSources(options: SourceOptions): Promise<Poller> {
  const { engines, functions, onTrouble } = options
  const stream = await startStreams(options)
  const queues = Object.entries(functions.workers).map(([queue, pool]) => {
    const { batchSize, concurrency } = queuePolicyOf(options.runner, queue)
    return startQueuePoller({
      client: engines.sqs,
      queueUrl: engines.names.queues[queue] ?? '',
      queueArn: queueArnOf(queue),
      region,
      batchSize,
      concurrency,
      invoke: event => pool.invoke(event),
      onTrouble,
    })
  })
  const ticker = startTicker({
    everyMs: options.tickMs,
    region,
    invoke: event => invokeTelling(functions.sweeper, event, onTrouble),
  })
  return {
    async stop() {
      await Promise.all([ticker, ...queues].map(source => source.stop()))
      // Last: what the others changed in the table is still told.
      await stream.stop()
    },
  }
}

/** Two readers: a dispatcher that fails again and again holds up itself, not those who watch. */
async function startStreams({ engines, functions, onTrouble, onChange }: SourceOptions): Promise<Poller> {
  const streamArn = await streamArnOf(engines.dynamo, engines.names.table)
  const stopping = new AbortController()
  const reading = { client: engines.streams, streamArn, onTrouble }
  const dispatched: StreamReading = { ...reading, batchSize: dispatcherBatchSize, pauseMs: dispatcherPauseMs }
  const watched: StreamReading = { ...reading, batchSize: watchBatchSize, pauseMs: watchPauseMs }
  const mapping = {
    streamArn,
    region,
    filters: streamFilters,
    invoke: (event: unknown) => invokeTelling(functions.dispatcher, event, onTrouble),
    onTrouble,
  }
  // From the beginning: what became AVAILABLE while no stack ran is found, and seen twice it does no harm.
  const start = await openStream(dispatched, 'TRIM_HORIZON')
  const readers = [readStream(dispatched, start, stopping.signal, records => feed(mapping, records, stopping.signal))]
  if (onChange !== undefined) {
    const end = await openStream(watched, 'LATEST')
    readers.push(
      readStream(watched, end, stopping.signal, async records => {
        for (const record of records) {
          const change = stateChangeOf(record, Date.now())
          if (change !== undefined) onChange(change)
        }
      }),
    )
  }
  return {
    async stop() {
      stopping.abort()
      await Promise.all(readers)
    },
  }
}

/** graphile-worker on a local PostgreSQL with its defaults, but for a concurrency of 24: bulks of 500. */
import { chunksOf } from '../../../lib/core/values/lists.ts'
import type { Contender } from '../contender.ts'
import { importPeer } from '../peers.ts'
import { sampleInput } from '../sample.ts'

const bulk = 500
const concurrency = 24

interface WorkerUtils {
  migrate(): Promise<void>
  addJobs(jobs: readonly { readonly identifier: string; readonly payload: unknown }[]): Promise<unknown>
  release(): Promise<void>
}
interface GraphileWorker {
  makeWorkerUtils(options: object): Promise<WorkerUtils>
  run(options: object): Promise<{ stop(): Promise<void> }>
  readonly Logger: new (factory: () => () => void) => object
}

export async function open(): Promise<Contender> {
  const graphile = (await importPeer('graphile-worker')) as unknown as GraphileWorker
  const common = { connectionString: process.env['BENCH_POSTGRES'], logger: new graphile.Logger(() => () => {}) }
  const utils = await graphile.makeWorkerUtils(common)
  await utils.migrate()
  return {
    async enqueue(jobs) {
      const all = Array.from({ length: jobs }, () => ({ identifier: 'sample', payload: sampleInput }))
      for (const some of chunksOf(all, bulk)) await utils.addJobs(some)
    },
    async process(jobs) {
      let done = 0
      const finished = Promise.withResolvers<void>()
      const sample = async () => {
        done += 1
        if (done === jobs) finished.resolve()
      }
      const options = { ...common, concurrency, maxPoolSize: 10, noHandleSignals: true, taskList: { sample } }
      const running = await graphile.run(options)
      await finished.promise
      await running.stop()
    },
    close: () => utils.release(),
  }
}

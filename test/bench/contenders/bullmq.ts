/** BullMQ on a local Redis without a log on disk: bulks of 500, one worker with a concurrency of 50. */
import { chunksOf } from '../../../lib/core/values/lists.ts'
import type { Contender } from '../contender.ts'
import { importPeer } from '../peers.ts'
import { sampleInput } from '../sample.ts'

const bulk = 500
const concurrency = 50

interface Queue {
  addBulk(jobs: readonly { readonly name: string; readonly data: unknown }[]): Promise<unknown>
  close(): Promise<void>
}
interface Worker {
  on(event: 'completed', listener: () => void): unknown
  close(): Promise<void>
}
interface BullMq {
  readonly Queue: new (name: string, options: object) => Queue
  readonly Worker: new (name: string, handler: () => Promise<void>, options: object) => Worker
}

export async function open(): Promise<Contender> {
  const { Queue, Worker } = (await importPeer('bullmq')) as unknown as BullMq
  const connection = { host: '127.0.0.1', port: Number(process.env['BENCH_REDIS_PORT']), maxRetriesPerRequest: null }
  const queue = new Queue('bench', { connection })
  return {
    async enqueue(jobs) {
      const all = Array.from({ length: jobs }, () => ({ name: 'sample', data: sampleInput }))
      for (const some of chunksOf(all, bulk)) await queue.addBulk(some)
    },
    async process(jobs) {
      let done = 0
      await new Promise<void>(resolve => {
        const worker = new Worker('bench', async () => {}, { connection, concurrency })
        worker.on('completed', () => {
          done += 1
          if (done === jobs) worker.close().then(resolve, resolve)
        })
      })
    },
    close: () => queue.close(),
  }
}

/** pg-boss on a local PostgreSQL: bulks of 500, four loops that fetch and complete 50 jobs at a time. */
import { chunksOf } from '../../../lib/core/values/lists.ts'
import type { Contender } from '../contender.ts'
import { importPeer } from '../peers.ts'
import { sampleInput } from '../sample.ts'

const bulk = 500
const loops = 4
const batchSize = 50
const queue = 'bench'

interface PgBoss {
  on(event: 'error', listener: (error: unknown) => void): unknown
  start(): Promise<unknown>
  stop(options: object): Promise<void>
  createQueue(name: string): Promise<void>
  insert(...jobs: readonly unknown[]): Promise<unknown>
  fetch(name: string, options: object): Promise<readonly { readonly id: string }[] | null>
  complete(name: string, ids: readonly string[]): Promise<unknown>
}
type PgBossClass = new (connection: string) => PgBoss

export async function open(): Promise<Contender> {
  const module = await importPeer('pg-boss')
  // The class by name since version 11, the module itself before.
  const Boss = (module['PgBoss'] ?? module['default']) as PgBossClass
  const isOld = module['PgBoss'] === undefined
  const boss = new Boss(process.env['BENCH_POSTGRES'] ?? '')
  boss.on('error', console.error)
  await boss.start()
  await boss.createQueue(queue)
  return {
    async enqueue(jobs) {
      const all = Array.from({ length: jobs }, () => ({ name: queue, data: sampleInput }))
      for (const some of chunksOf(all, bulk)) await (isOld ? boss.insert(some) : boss.insert(queue, some))
    },
    async process(jobs) {
      let done = 0
      const loop = async () => {
        while (done < jobs) {
          const batch = (await boss.fetch(queue, { batchSize })) ?? []
          if (batch.length === 0) continue
          await boss.complete(
            queue,
            batch.map(({ id }) => id),
          )
          done += batch.length
        }
      }
      await Promise.all(Array.from({ length: loops }, loop))
    },
    close: () => boss.stop({ graceful: false }),
  }
}

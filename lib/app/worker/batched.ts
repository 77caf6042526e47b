import { flushOverlapMs } from '../../core/values/times.ts'
import type { Clock } from '../../ports/clock.ts'

/**
 * Turns calls for one thing into calls for many: whatever is asked within one turn of the event loop shares one flush,
 * and while a flush is in flight the next gathers. Ten runs that end together cost one request.
 *
 * A flush that is a quarter of a second old does not hold up the next any more: the store may wait for an answer that
 * never comes, and the outcome of another run must not miss its lease for that.
 *
 * @param flush answers per entry, in order
 */
export function batched<In, Out>(
  clock: Pick<Clock, 'turn' | 'sleep'>,
  flush: (entries: readonly In[]) => Promise<readonly Out[]>,
): (entry: In) => Promise<Out> {
  interface Asked {
    readonly entry: In
    readonly resolve: (answer: Out) => void
    readonly reject: (error: unknown) => void
  }
  let gathered: Asked[] = []
  let isFlushing = false

  async function flushAll(): Promise<void> {
    isFlushing = true
    await clock.turn()
    while (gathered.length > 0) {
      const asked = gathered
      gathered = []
      await flushedOrOld(flushOnce(asked))
    }
    isFlushing = false
  }

  async function flushedOrOld(flushed: Promise<void>): Promise<void> {
    const aging = new AbortController()
    await Promise.race([flushed, clock.sleep(flushOverlapMs, aging.signal)])
    // With a reason: without one an error with its stack is made for nobody.
    aging.abort('flushed')
  }

  /** Never rejects. */
  async function flushOnce(asked: readonly Asked[]): Promise<void> {
    try {
      const answers = await flush(asked.map(({ entry }) => entry))
      for (const [index, { resolve, reject }] of asked.entries()) {
        const answer = answers[index]
        if (answer === undefined && index >= answers.length) reject(new Error('a flush answered too few entries'))
        else resolve(answer as Out)
      }
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }

  return entry =>
    new Promise<Out>((resolve, reject) => {
      gathered.push({ entry, resolve, reject })
      if (!isFlushing) void flushAll()
    })
}

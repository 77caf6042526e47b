import type { Clock } from '../../ports/clock.ts'

/**
 * Turns calls for one thing into calls for many: whatever is asked within one turn of the event loop shares one
 * flush, and while a flush is in flight the next gathers. Ten runs that end together cost one request.
 *
 * @param flush answers per entry, in order
 */
export function batched<In, Out>(
  clock: Pick<Clock, 'turn'>,
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
      await flushOnce(asked)
    }
    isFlushing = false
  }

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

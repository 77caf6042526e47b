/**
 * Maps every entry, so many at a time; answers in the order given.
 * Rejects with the first rejection, once nothing of it is under way any more.
 */
export async function mapBounded<In, Out>(
  entries: readonly In[],
  limit: number,
  map: (entry: In, index: number) => Promise<Out>,
): Promise<Out[]> {
  const results = new Array<Out>(entries.length)
  const queue = entries.entries()
  const lane = async () => {
    // One iterator shared by all lanes: each takes the next entry when it is free.
    for (const [index, entry] of queue) results[index] = await map(entry, index)
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, entries.length) }, lane))
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason
  return results
}

/** Cuts a list into pieces of at most `size`. */
export function chunksOf<T>(entries: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(entries.length / size)
  return Array.from({ length: count }, (_, index) => entries.slice(index * size, (index + 1) * size))
}

/**
 * Indexes of the entries, in as many rounds as the most frequent key needs: no key twice in a round, and the entries
 * of one key in successive rounds, in their order.
 */
export function roundsOf(keys: readonly string[]): readonly (readonly number[])[] {
  const rounds: number[][] = []
  const seen = new Map<string, number>()
  for (const [index, key] of keys.entries()) {
    const round = seen.get(key) ?? 0
    seen.set(key, round + 1)
    const entries = rounds[round]
    if (entries === undefined) rounds.push([index])
    else entries.push(index)
  }
  return rounds
}

/** As Map.groupBy, which Node 20 has not; clients may run there. */
export function groupBy<Key, Value>(values: readonly Value[], keyOf: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}

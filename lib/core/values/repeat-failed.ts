/** How often, and for how long, something that failed is asked for again. */
export interface Patience {
  /** Milliseconds before each repeat; as many repeats as there are entries. */
  readonly delaysMs: readonly number[]
  /** Epoch milliseconds. No repeat starts at this instant or later. @default never too late */
  readonly until?: number
}

interface Waiting {
  now(): number
  sleep(milliseconds: number): Promise<void>
}

/**
 * Asks for every entry, and asks again for those that failed, after each delay. Answers in the order given; the last
 * answer of an entry stands.
 *
 * @param ask answers per entry, in order
 * @param isFailed whether an answer says that the entry may be asked for again
 */
export async function repeatFailed<In, Out>(
  entries: readonly In[],
  ask: (entries: readonly In[]) => Promise<readonly Out[]>,
  isFailed: (answer: Out) => boolean,
  { clock, delaysMs, until = Number.POSITIVE_INFINITY }: Patience & { readonly clock: Waiting },
): Promise<readonly Out[]> {
  if (entries.length === 0) return []
  const answers = [...(await ask(entries))]
  for (const delayMs of delaysMs) {
    const failed = [...answers.entries()].flatMap(([index, answer]) => (isFailed(answer) ? [index] : []))
    if (failed.length === 0 || clock.now() + delayMs >= until) break
    await clock.sleep(delayMs)
    // A process may stand still for much longer than it asked for.
    if (clock.now() >= until) break
    const again = await ask(failed.map(index => entries[index] as In))
    for (const [position, index] of failed.entries()) {
      const answer = again[position]
      if (answer !== undefined) answers[index] = answer
    }
  }
  return answers
}

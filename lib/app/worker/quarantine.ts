/**
 * Keeps a job that takes its process down from taking the other jobs of its batch along. All messages of a batch are
 * hidden for the same time, so after a crash they come back together, and would crash together until every attempt is
 * used up. Nobody can tell which job it was: each one that would be taken over after a crash is a suspect.
 *
 * Of the suspects of a batch one runs: the last of all, and alone. The others go back to the queue, uncharged.
 */
export interface Quarantine {
  /** Whether no other message of the batch is at work now. */
  isAlone(): boolean
  /** Resolves with true once all others have settled; with false at once for every suspect but the first. */
  alone(id: string): Promise<boolean>
  /** One message of the batch has settled. */
  settled(): void
}

/** @param size messages in the batch */
export function quarantineOf(size: number): Quarantine {
  let open = size
  let suspect: string | undefined
  const { promise: cleared, resolve: clear } = Promise.withResolvers<void>()
  const isAlone = () => open <= 1
  return {
    isAlone,
    async alone(id) {
      suspect ??= id
      if (suspect !== id) return false
      if (!isAlone()) await cleared
      return true
    },
    settled() {
      open -= 1
      if (isAlone()) clear()
    },
  }
}

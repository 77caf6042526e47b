/** What to close at the end. Node 24 has it as AsyncDisposableStack, Node 22 does not. */
export class Closing {
  readonly #closers: (() => Promise<unknown>)[] = []

  defer(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  /** The last one opened first. One that fails keeps no other from being closed. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.splice(0).toReversed()) {
      await close().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

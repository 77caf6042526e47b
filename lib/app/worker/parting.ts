import type { RunOutcome } from './run.ts'

/**
 * How a run may end without its handler: the job goes on later, from what the handler's steps have left. The handler is
 * abandoned then; nothing that it awaits is ever answered.
 */
export class Parting {
  #hasProgressed = false
  readonly #parted = Promise.withResolvers<RunOutcome>()

  /** What becomes of the run; never settled where the handler itself ends it. */
  get parted(): Promise<RunOutcome> {
    return this.#parted.promise
  }

  /** Whether the run has left what later runs go on from. */
  get hasProgressed(): boolean {
    return this.#hasProgressed
  }

  progressed(): void {
    this.#hasProgressed = true
  }

  part(outcome: RunOutcome): void {
    this.#parted.resolve(outcome)
  }
}

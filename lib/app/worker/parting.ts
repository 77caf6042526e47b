import type { RunOutcome } from './run.ts'

/**
 * How a run may end without its handler: the job goes on later, from what the handler's steps have left. The handler is
 * abandoned then; nothing that it awaits is ever answered.
 */
export class Parting {
  #progressedAt: number | undefined
  readonly #parted = Promise.withResolvers<RunOutcome>()

  /** What becomes of the run; never settled where the handler itself ends it. */
  get parted(): Promise<RunOutcome> {
    return this.#parted.promise
  }

  /** The last attempt that left something from which later ones go on, as far as anybody looked. */
  get progressedAt(): number | undefined {
    return this.#progressedAt
  }

  progressed(attempt: number): void {
    this.#progressedAt = Math.max(attempt, this.#progressedAt ?? 0)
  }

  part(outcome: RunOutcome): void {
    this.#parted.resolve(outcome)
  }
}

/**
 * Two transactions at the same item, or a transaction and a plain write: DynamoDB refuses one of them and has written
 * nothing of it. The SDK takes that for an answer and does not repeat it.
 * docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'

/** Attempts, the first included. With the pauses between them they take a second and a half. */
const maxAttempts = 7
const firstPauseMs = 25

export interface Patience {
  readonly clock: Pick<Clock, 'sleep'>
  readonly random: Pick<Random, 'fraction'>
}

/**
 * Repeats a call that met a conflict; pauses double, with jitter, so that two who met do not meet again.
 * @param isConflict whether the call failed for that alone, so that nothing of it was written
 * @throws what the last attempt threw
 */
export async function waitingOutConflicts<T>(
  { clock, random }: Patience,
  call: () => Promise<T>,
  isConflict: (error: unknown) => boolean,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call()
    } catch (error) {
      if (attempt === maxAttempts || !isConflict(error)) throw error
      await clock.sleep(firstPauseMs * 2 ** (attempt - 1) * (0.5 + random.fraction() / 2))
    }
  }
}

const named = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name)

/** Of a plain write. */
export const isWriteConflict = (error: unknown): boolean => named(error, 'TransactionConflictException')

/** Of a transaction whose own earlier call, under the same token, is still under way. */
export const isInProgress = (error: unknown): boolean => named(error, 'TransactionInProgressException')

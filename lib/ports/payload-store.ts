import type { PayloadObject } from '../core/records/payload.ts'

/** Holds inputs, and values of steps, that are too large for a table. */
export interface PayloadStore {
  /** Undefined once it is there; the error when nobody knows that it is. Never rejects. */
  put(object: PayloadObject): Promise<Error | undefined>
  /**
   * Undefined where there is none.
   * @throws Unavailable
   */
  get(key: string): Promise<string | undefined>
}

import { randomBytes } from 'node:crypto'
import type { Random } from '../ports/random.ts'

/** Chance from the operating system. Owners and request tokens must not repeat in two sandboxes of one snapshot. */
export const systemRandom: Random = {
  bytes: length => randomBytes(length),
  fraction: () => Math.random(),
}

/** Which faults a simulated run meets: a function of its seed alone. */
import { SeededRandom } from './seeded-random.ts'

/**
 * What can go wrong at a place, right after what it names was carried out:
 *
 * - `crash`: the process ends there
 * - `lost answer`: the process learns only that nobody answered
 * - `stall`: the process stands still until its lease is over, then goes on
 * - `doubled message`: the message comes a second time
 */
export type FaultKind = 'crash' | 'lost answer' | 'stall' | 'doubled message'

/** Where a worker waits for something: the n-th time in a run. */
export interface Place {
  readonly label: string
  readonly kinds: readonly FaultKind[]
}

export interface Fault {
  readonly place: number
  readonly kind: FaultKind
}

/** By the number of the place. */
export type FaultPlan = ReadonlyMap<number, FaultKind>

/** Each fault alone, at each place of a run without faults. */
export const singleFaults = (places: readonly Place[]): readonly Fault[] =>
  places.flatMap(({ kinds }, place) => kinds.map(kind => ({ place, kind })))

const maxFaults = 3

/**
 * Seed 0 meets no fault, the next ones each fault alone, all others two or three at once.
 * @param singles of the run of seed 0
 */
export function planOf(seed: number, singles: readonly Fault[]): FaultPlan {
  if (seed === 0 || singles.length === 0) return new Map()
  const alone = singles[seed - 1]
  if (alone !== undefined) return new Map([[alone.place, alone.kind]])
  const random = new SeededRandom(seed)
  const count = 2 + Math.floor(random.fraction() * (maxFaults - 1))
  const chosen = Array.from({ length: count }, () => singles[Math.floor(random.fraction() * singles.length)])
  return new Map(chosen.flatMap(fault => (fault === undefined ? [] : [[fault.place, fault.kind] as const])))
}

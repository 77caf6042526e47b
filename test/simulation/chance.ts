import { SeededRandom } from '../../lib/testing/seeded-random.ts'

/** FNV-1a over a number and a name: each use of chance has a stream of its own, so that one does not disturb another. */
export function seedFor(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** A seeded stream of choices. */
export class Chance {
  readonly #random: SeededRandom

  constructor(seed: number, name: string) {
    this.#random = new SeededRandom(seedFor(seed, name))
  }

  fraction(): number {
    return this.#random.fraction()
  }

  isTrue(probability: number): boolean {
    return probability > 0 && this.#random.fraction() < probability
  }

  /** Uniform, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.#random.fraction() * (max - min + 1))
  }

  /** Log-uniform: as often between 10 and 100 as between 100 and 1,000. */
  spread(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.#random.fraction())
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[Math.floor(this.#random.fraction() * list.length)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }
}

import { compareTexts } from './encoded.ts'

/** The parts of each id, in their order: a line of 10,000 tickets is read from its head again and again. */
export class SortedParts {
  readonly #parts = new Map<string, string[]>()

  add(id: string, part: string): void {
    const parts = this.#parts.get(id) ?? []
    this.#parts.set(id, parts)
    const place = placeIn(parts, part)
    if (parts[place] !== part) parts.splice(place, 0, part)
  }

  remove(id: string, part: string): void {
    const parts = this.#parts.get(id) ?? []
    const place = placeIn(parts, part)
    if (parts[place] === part) parts.splice(place, 1)
  }

  /** All that begin with the prefix, in their order; a view that the next change may alter. */
  *withPrefix(id: string, prefix: string, isDescending: boolean): Generator<string> {
    const parts = this.#parts.get(id) ?? []
    const first = placeIn(parts, prefix)
    let end = first
    if (isDescending) {
      while (parts[end]?.startsWith(prefix) === true) end += 1
      for (let place = end - 1; place >= first; place -= 1) yield parts[place] as string
      return
    }
    for (let place = first; parts[place]?.startsWith(prefix) === true; place += 1) yield parts[place] as string
  }
}

/** Where the part is, or would be. */
function placeIn(parts: readonly string[], part: string): number {
  let [low, high] = [0, parts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareTexts(parts[middle] ?? '', part) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Which rows of a long table are in the document. */

/** What of the table's box is in view (pixels). */
export interface Seen {
  readonly top: number
  readonly height: number
}

export interface RowWindow {
  readonly first: number
  /** Not included. */
  readonly last: number
  /** Pixels of what is left out, above and below. */
  readonly above: number
  readonly below: number
}

/** Rows beyond the edge, so that the next one is there before it is seen. */
const around = 12

export function windowOf({ top, height }: Seen, rowHeight: number, count: number): RowWindow {
  const shown = Math.ceil(height / rowHeight) + 2 * around
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - around, count - shown))
  const last = Math.min(count, first + shown)
  return { first, last, above: first * rowHeight, below: (count - last) * rowHeight }
}

export interface Violation {
  readonly invariant: string
  readonly text: string
  /** Milliseconds since the world began. */
  readonly atMs: number
}

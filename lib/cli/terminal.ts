/** Where a command writes. */
export interface Output {
  write(text: string): void
  /** Signs in a line. */
  readonly columns: number
  readonly hasColors: boolean
}

/** All that a command knows of the machine it runs on. */
export interface Terminal {
  readonly stdout: Output
  readonly stderr: Output
  /** Absolute path of the working directory. */
  readonly folder: string
  /** Environment variables. */
  readonly environment: Readonly<Partial<Record<string, string>>>
  readonly fetch: typeof fetch
  /** Epoch milliseconds. */
  now(): number
  /** Resolves after so many milliseconds. */
  wait(milliseconds: number): Promise<void>
  /** From now on Ctrl-C calls this; without it the program ends at once, with 130. */
  onInterrupt(handle: () => void): void
  /** Undefined where nobody sits at the keyboard. */
  readonly ask: ((question: string) => Promise<string>) | undefined
}

/** Of a file, a pipe, and a terminal that does not say its width. */
const defaultColumns = 80
/** Tables need some room; a narrower terminal breaks the lines itself. */
const minColumns = 40

/** A stream of the process: a terminal, a pipe or a file. */
export interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  /** Looks at NO_COLOR and TERM. */
  hasColors?(): boolean
}

/** Colours for terminals that have them, unless NO_COLOR or TERM=dumb is set. */
export function outputOf(stream: Stream): Output {
  const isTerminal = stream.isTTY === true
  return {
    write: text => void stream.write(text),
    // A terminal without a size says 0.
    columns: Math.max(minColumns, (isTerminal ? stream.columns : undefined) || defaultColumns),
    hasColors: isTerminal && stream.hasColors?.() === true,
  }
}

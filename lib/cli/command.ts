import type { ExitName } from './exit-codes.ts'
import type { Page } from './render.ts'
import type { Terminal } from './terminal.ts'

export interface OptionSpec {
  /** As help shows it, such as `-n, --count <number>`. Each option takes one value. */
  readonly flags: string
  readonly description: string
}

/** The options that were given, by their long name in camel case. */
export type Given = Readonly<Partial<Record<string, string>>>

/** What a command found: for programs as JSON, for people as text. One of them is printed, on stdout. */
export interface Outcome {
  readonly exit: ExitName
  readonly json: unknown
  /** Without a newline at its end. */
  readonly text: (page: Page) => string
}

/** A command as data; `program.ts` makes the command line of it. */
export interface Command {
  /** `check`, or with its group: `schedules preview`. */
  readonly name: string
  /** One line for the list of commands. Begins with a verb. */
  readonly summary: string
  /** More, for the help of the command. */
  readonly details: string
  readonly options: readonly OptionSpec[]
  /** Whole command lines. */
  readonly examples: readonly string[]
  /** @throws LamplighterError, which is printed, and ends the program with the exit code of its code */
  run(given: Given, terminal: Terminal): Promise<Outcome>
}

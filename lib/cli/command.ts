import type { Api } from './api.ts'
import type { ExitName } from './exit-codes.ts'
import type { Page } from './render.ts'
import type { Terminal } from './terminal.ts'

/** What stands behind the name of the command, without a dash. */
export interface ArgumentSpec {
  readonly name: string
  readonly description: string
  /** May be left out; only the last. @default false */
  readonly isOptional?: boolean
}

export interface OptionSpec {
  /** As help shows it: `-n, --count <number>` takes a value, `--all` takes none. */
  readonly flags: string
  readonly description: string
  /** Heading under which help lists it. @default 'Options' */
  readonly group?: string
}

/** The options that were given with a value, by their long name in camel case. */
export type Given = Readonly<Partial<Record<string, string>>>

/** What a command line asks a command to do, and what the command may use. */
export interface Call {
  /** By their names in `arguments`. */
  readonly named: Given
  readonly given: Given
  /** Long names, in camel case, of the options that take no value. */
  readonly flags: ReadonlySet<string>
  readonly terminal: Terminal
  /** Of stdout: for commands that print while they run. */
  readonly page: Page
  /** Whether programs read the output. Commands that print while they run then print a JSON object a line. */
  readonly isJson: boolean
  /** The HTTP API of the target. Looks for it at the first request. */
  readonly api: Api
}

/** What a command found: for programs as JSON, for people as text. One of them is printed, on stdout. */
export interface Outcome {
  readonly exit: ExitName
  /** Undefined: nothing is left to print. */
  readonly json: unknown
  /** Without a newline at its end. Empty: nothing is left to print. */
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
  /** In this order. @default none */
  readonly arguments?: readonly ArgumentSpec[]
  readonly options: readonly OptionSpec[]
  /** Whole command lines. */
  readonly examples: readonly string[]
  /** @throws LamplighterError, which is printed, and ends the program with the exit code of its code */
  run(call: Call): Promise<Outcome>
}

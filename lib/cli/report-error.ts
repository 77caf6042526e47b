import { LamplighterError } from '../core/values/errors.ts'
import { type ExitName, exitNameOf } from './exit-codes.ts'
import { plain, toned } from './render.ts'

/** What a command line did wrong before any command ran. */
class WrongUse extends LamplighterError {
  override readonly name = 'WrongUse'
  readonly code = 'wrong_use'
}

/** @param message of commander: `error: unknown option '--limt'`, and in a second line what may have been meant */
export const wrongUse = (message: string): LamplighterError =>
  new WrongUse(`${message.replace(/^error: |\.$/g, '').replaceAll('\n', ' ')}; see --help`)

export interface ErrorFormat {
  readonly isJson: boolean
  readonly hasColors: boolean
}

/** What is written to stderr, and how the program ends. */
export interface ErrorReport {
  readonly exit: ExitName
  readonly text: string
}

/** One plain line with the code, and the drawing if the error has one; as JSON with all that the error holds. */
export function errorReport(error: unknown, { isJson, hasColors }: ErrorFormat): ErrorReport {
  const exit = error instanceof WrongUse ? 'wrongUse' : exitNameOf(error)
  const { code, message, details } = describe(error)
  if (isJson) return { exit, text: `${JSON.stringify({ code, message, ...details })}\n` }
  const front = toned({ hasColors, columns: 0 }, 'red', `Error (${code}):`)
  return { exit, text: `${front} ${plain(message)}\n` }
}

interface Described {
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

function describe(error: unknown): Described {
  if (error instanceof LamplighterError) {
    const { code, message, name: _, cause: __, stack: ___, ...details } = error
    return { code, message, details }
  }
  // A fault of Lamplighter: its stack is what helps to find it.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'internal', message: text, details: {} }
}

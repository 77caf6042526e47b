/** A terminal that remembers, and the program run on it. */
import { program as everything } from '../../../lib/cli/commands.ts'
import { type ProgramSpec, runProgram } from '../../../lib/cli/program.ts'
import type { Terminal } from '../../../lib/cli/terminal.ts'

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly program?: ProgramSpec
  readonly folder?: string
  readonly now?: string
  readonly columns?: number
  readonly hasColors?: boolean
  readonly environment?: Readonly<Record<string, string>>
  readonly fetch?: typeof fetch
  /** What happens while the program waits. */
  readonly wait?: (milliseconds: number) => Promise<void> | void
  /** Gets what Ctrl-C is to call. */
  readonly onInterrupt?: (handle: () => void) => void
  /** What is printed, while the program runs. */
  readonly onStdout?: (text: string) => void
  /** What a person types when asked; without it nobody is there. */
  readonly answers?: (question: string) => string
}

const offline = async (): Promise<never> => {
  throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:8787') })
}

export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { program = everything, folder = '/', now = '2027-01-01T00:00:00Z', columns = 80, hasColors = false } = options
  const { environment = {}, fetch = offline, answers, wait = () => {}, onInterrupt = () => {} } = options
  const written = { stdout: '', stderr: '' }
  const output = (name: keyof typeof written) => ({
    columns,
    hasColors,
    write: (text: string) => {
      written[name] += text
      if (name === 'stdout') options.onStdout?.(text)
    },
  })
  const terminal: Terminal = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    folder,
    environment,
    fetch,
    now: () => Date.parse(now),
    wait: async milliseconds => wait(milliseconds),
    onInterrupt: handle => onInterrupt(handle),
    ask: answers === undefined ? undefined : async question => answers(question),
  }
  const exit = await runProgram(program, args, terminal)
  return { exit, ...written }
}

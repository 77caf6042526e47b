/** A terminal that remembers, and the program run on it. */
import { program as everything } from '../../../lib/cli/commands.ts'
import { type ProgramSpec, runProgram } from '../../../lib/cli/program.ts'

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
}

export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { program = everything, folder = '/', now = '2027-01-01T00:00:00Z', columns = 80, hasColors = false } = options
  const written = { stdout: '', stderr: '' }
  const output = (name: keyof typeof written) => ({
    columns,
    hasColors,
    write: (text: string) => {
      written[name] += text
    },
  })
  const terminal = { stdout: output('stdout'), stderr: output('stderr'), folder, now: () => Date.parse(now) }
  const exit = await runProgram(program, args, terminal)
  return { exit, ...written }
}

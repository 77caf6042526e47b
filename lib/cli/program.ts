/** The frame of the command line: from the commands as data to one outcome, printed, and an exit code. */
import { Command as CommanderCommand, CommanderError, Option } from 'commander'
import { apiOn } from './api.ts'
import type { Call, Command, Outcome } from './command.ts'
import { type ExitName, exitCodes } from './exit-codes.ts'
import { type Page, paragraph } from './render.ts'
import { errorReport, wrongUse } from './report-error.ts'
import { findEndpoint, type TargetOptions } from './target.ts'
import type { Output, Terminal } from './terminal.ts'
import { ownVersion } from './version.ts'

/** What stands before its commands in `schedules preview`. */
export type Groups = Readonly<Record<string, string>>

export interface ProgramSpec {
  readonly commands: readonly Command[]
  readonly groups: Groups
}

/** Options of every command, before or behind its name. */
interface GlobalOptions extends TargetOptions {
  readonly json?: true
  readonly color: boolean
}

/**
 * Runs one command line.
 * @param args without the paths of Node and the program
 * @returns the exit code
 */
export async function runProgram(spec: ProgramSpec, args: readonly string[], terminal: Terminal): Promise<number> {
  let exit: ExitName = 'done'
  const program = programOf(spec, terminal, async (command, words, options) => {
    const [page, isJson] = [pageOf(terminal.stdout, options), options.json === true]
    const api = apiOn(async () => {
      const endpoint = await findEndpoint(options, terminal)
      if (endpoint.label !== undefined && !isJson) terminal.stderr.write(`${paragraph(page, endpoint.label)}\n`)
      return endpoint
    })
    const outcome = await command.run({ ...words, terminal, page, isJson, api })
    print(outcome, terminal.stdout, { page, isJson })
    exit = outcome.exit
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    // Help and version are errors to commander, which it has printed.
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done.code
    // A group or nothing was asked for: commander has printed the help that says what is missing.
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.wrongUse.code
    const { exit: name, text } = errorReport(error instanceof CommanderError ? wrongUse(error.message) : error, {
      // What cannot be parsed may still ask for JSON.
      isJson: args.includes('--json'),
      hasColors: terminal.stderr.hasColors && !args.includes('--no-color'),
    })
    terminal.stderr.write(text)
    exit = name
  }
  return exitCodes[exit].code
}

const pageOf = ({ columns, hasColors }: Output, { color }: GlobalOptions): Page => ({
  columns,
  hasColors: hasColors && color,
})

function print({ json, text }: Outcome, output: Output, { page, isJson }: Pick<Call, 'page' | 'isJson'>): void {
  const shown = isJson ? JSON.stringify(json, null, 2) : text(page)
  if (shown !== undefined && shown !== '') output.write(`${shown}\n`)
}

/** What was typed behind the name of a command. */
type Words = Pick<Call, 'named' | 'given' | 'flags'>
type Act = (command: Command, words: Words, options: GlobalOptions) => Promise<void>

function programOf({ commands, groups }: ProgramSpec, terminal: Terminal, act: Act): CommanderCommand {
  const program = new CommanderCommand('lamplighter')
    .description('Runs jobs on AWS Lambda, with DynamoDB and SQS: look at them, and steer them.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .option('--json', 'print JSON on stdout, and errors as JSON on stderr')
    .option('--no-color', 'print no colours, as with NO_COLOR')
    .option('--local', "ask this folder's local stack: the default, unless LAMPLIGHTER_URL is set")
    .option('--stack <name>', 'ask a deployed stack, with your AWS credentials')
    .option('--url <address>', 'ask the HTTP API at this address (default: LAMPLIGHTER_URL)')
    .option('--table <name>', 'ask the tables themselves, with the contracts of this project')
    .option('--records <name>', 'its table of records (default: LAMPLIGHTER_RECORDS)')
    .option('--contracts <file>', 'module that exports the runner, for --table')
    .option('--region <region>', 'AWS region (default: AWS_REGION, or that of the profile)')
    .option('--profile <name>', 'profile of your AWS credentials (default: AWS_PROFILE)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: text => terminal.stdout.write(text),
      writeErr: text => terminal.stderr.write(text),
      // Errors are printed once, by the caller, as all others.
      outputError: () => undefined,
      getOutHelpWidth: () => terminal.stdout.columns,
      getErrHelpWidth: () => terminal.stderr.columns,
    })
    .exitOverride()
    .addHelpText('after', `\nExit codes:\n${exitTable()}`)
  const parents = new Map<string, CommanderCommand>()
  for (const [name, summary] of Object.entries(groups)) {
    parents.set(name, program.command(name).summary(summary).description(`Commands to ${summary}.`))
  }
  for (const command of commands) {
    const words = command.name.split(' ')
    const parent = words.length === 1 ? program : parents.get(words[0] ?? '')
    if (parent === undefined) throw new Error(`no group holds the command ${command.name}`)
    addCommand(parent, command, act)
  }
  return program
}

function addCommand(parent: CommanderCommand, command: Command, act: Act): void {
  const made = parent
    .command(command.name.split(' ').at(-1) ?? '')
    .summary(command.summary)
    .description(command.details)
    .addHelpText('after', `\nExamples:\n${command.examples.map(example => `  $ ${example}`).join('\n')}`)
  const names = (command.arguments ?? []).map(({ name }) => name)
  for (const { name, description, isOptional } of command.arguments ?? []) {
    made.argument(isOptional === true ? `[${name}]` : `<${name}>`, description)
  }
  for (const { flags, description, group } of command.options) {
    const option = new Option(flags, description)
    made.addOption(group === undefined ? option : option.helpGroup(`${group}:`))
  }
  made.action(async () => {
    const options = Object.entries(made.opts<Readonly<Record<string, string | true>>>())
    const words: Words = {
      named: Object.fromEntries(made.args.map((value, index) => [names[index] ?? '', value])),
      given: Object.fromEntries(options.flatMap(([name, value]) => (value === true ? [] : [[name, value]]))),
      flags: new Set(options.flatMap(([name, value]) => (value === true ? [name] : []))),
    }
    await act(command, words, made.optsWithGlobals<GlobalOptions>())
  })
}

const exitTable = (): string =>
  Object.values(exitCodes)
    .map(({ code, meaning }) => `  ${String(code).padEnd(3)}  ${meaning}`)
    .join('\n')

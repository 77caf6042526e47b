#!/usr/bin/env node
import { program } from './commands.ts'
import { exitCodes } from './exit-codes.ts'
import { runProgram } from './program.ts'
import { outputOf } from './terminal.ts'

// The reader has gone, as with `| head`.
process.stdout.on('error', () => process.exit())
// Not the signal's own end: temporary folders are removed at an exit.
process.once('SIGINT', () => process.exit(exitCodes.interrupted.code))

process.exitCode = await runProgram(program, process.argv.slice(2), {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  folder: process.cwd(),
  now: () => Date.now(),
})

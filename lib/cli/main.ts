#!/usr/bin/env node
import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { program } from './commands.ts'
import { exitCodes } from './exit-codes.ts'
import { runProgram } from './program.ts'
import { outputOf } from './terminal.ts'

// The reader has gone, as with `| head`.
process.stdout.on('error', () => process.exit())
// Not the signal's own end: temporary folders are removed at an exit.
let interrupted = (): void => process.exit(exitCodes.interrupted.code)
process.on('SIGINT', () => interrupted())

/** On stderr, so that stdout holds nothing but the answer. */
async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  reader.once('SIGINT', () => process.exit(exitCodes.interrupted.code))
  try {
    return await reader.question(question)
  } finally {
    reader.close()
  }
}

process.exitCode = await runProgram(program, process.argv.slice(2), {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  folder: process.cwd(),
  environment: process.env,
  fetch,
  now: () => Date.now(),
  wait: milliseconds => delay(milliseconds),
  onInterrupt: handle => {
    interrupted = handle
  },
  ask: process.stdin.isTTY ? ask : undefined,
})

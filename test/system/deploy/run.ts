/**
 * The deploy lane: the stack, deployed by the real CDK onto MiniStack, and its scenarios. `node test/system/deploy/run.ts`
 *
 * Without Python or the package it says so and skips, with exit code 0; with LAMPLIGHTER_DEPLOY_REQUIRED=1 a skip is a
 * failure. With LAMPLIGHTER_DEPLOY_LOG=1 it prints what the emulator and the functions printed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type MiniStack, startMiniStack, whyNotHere } from './ministack.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

function skip(why: string): number {
  const isRequired = process.env['LAMPLIGHTER_DEPLOY_REQUIRED'] === '1'
  console.log(`MiniStack: ${isRequired ? 'FAILED, it is required' : 'SKIPPED'}: ${why}`)
  return isRequired ? 1 : 0
}

/** An orderly end, in which the emulator ends as well. */
const leave = (): never => process.exit(1)

/** @returns the exit code of vitest */
async function runTests({ environment }: MiniStack): Promise<number> {
  // Nothing may reach a real account: neither a profile nor an endpoint of one service.
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|CDK)_/.test(name)))
  const vitest = [path('../../../node_modules/vitest/vitest.mjs'), 'run', '--config', path('vitest.config.ts')]
  const child = spawn(process.execPath, [...vitest, ...process.argv.slice(2)], {
    cwd: path('../../..'),
    stdio: 'inherit',
    env: { ...own, ...environment },
  })
  process.removeListener('SIGTERM', leave).removeListener('SIGINT', leave)
  const forward = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGTERM', forward).on('SIGINT', forward)
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

async function main(): Promise<number> {
  const why = await whyNotHere()
  if (why !== undefined) return skip(why)
  process.on('SIGTERM', leave).on('SIGINT', leave)
  const emulator = await startMiniStack()
  try {
    return await runTests(emulator)
  } finally {
    if (process.env['LAMPLIGHTER_DEPLOY_LOG'] === '1') console.log(emulator.log())
    await emulator.stop()
  }
}

process.exitCode = await main()

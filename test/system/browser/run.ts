/**
 * The browser lane: a page of another origin against every port of the local stack. `npm run test:browser`
 *
 * Needs a Chromium or Chrome on PATH, or LAMPLIGHTER_CHROMIUM with its path. Without one it says so and skips, with exit
 * code 0; with LAMPLIGHTER_BROWSER_REQUIRED=1 a skip is a failure.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

function chromium(): string | undefined {
  const given = process.env['LAMPLIGHTER_CHROMIUM']
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const paths = given === undefined ? folders.flatMap(folder => names.map(name => join(folder, name))) : [given]
  return paths.find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

async function main(): Promise<number> {
  const executable = chromium()
  if (executable === undefined) {
    const isRequired = process.env['LAMPLIGHTER_BROWSER_REQUIRED'] === '1'
    console.log(`Browser: ${isRequired ? 'FAILED, it is required' : 'SKIPPED'}: no Chromium found on PATH`)
    return isRequired ? 1 : 0
  }
  const vitest = [path('../../../node_modules/vitest/vitest.mjs'), 'run', '--config', path('vitest.config.ts')]
  const child = spawn(process.execPath, [...vitest, ...process.argv.slice(2)], {
    cwd: path('../../..'),
    stdio: 'inherit',
    env: { ...process.env, LAMPLIGHTER_CHROMIUM: executable },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

process.exitCode = await main()

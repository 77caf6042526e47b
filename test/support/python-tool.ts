/** A Python program that is no dependency of ours: fetched once, into a virtual environment in a git-ignored folder. */
import { execFile } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../node_modules/.cache/lamplighter', import.meta.url))
const installWithinMs = 180_000

export type PythonTool =
  | { readonly kind: 'ready'; readonly path: string }
  /** Why it cannot be had here. */
  | { readonly kind: 'missing'; readonly why: string }

/** @param version exact: another one is another folder */
export async function pythonTool(name: string, version: string): Promise<PythonTool> {
  const folder = join(cache, `${name}-${version}`)
  const path = join(folder, 'bin', name)
  // Written last: an installation that was broken off is none.
  const marker = join(folder, '.complete')
  if (existsSync(marker)) return { kind: 'ready', path }
  try {
    await run('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'])
  } catch {
    return { kind: 'missing', why: 'no Python 3.10 or newer with venv and pip on the PATH (python3)' }
  }
  try {
    rmSync(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder], { timeout: installWithinMs })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${version}`]
    await run(join(folder, 'bin/python'), pip, { timeout: installWithinMs })
    writeFileSync(marker, '')
    return { kind: 'ready', path }
  } catch (error) {
    return { kind: 'missing', why: `${name} could not be installed: ${lastLine((error as Error).message)}` }
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

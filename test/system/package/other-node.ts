/** Other versions of Node, as npm has them for this platform. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface OtherNode {
  /** Folder of the program `node`, for PATH. */
  readonly bin: string
  remove(): void
}

/** @returns undefined, with a line that says why, where npm has no such Node for this platform */
export async function otherNode(major: number): Promise<OtherNode | undefined> {
  const name = `node-${process.platform}-${process.arch}`
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-node-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=0']
  try {
    await run('npm', ['install', ...options, `${name}@${major}`], { cwd: folder })
  } catch {
    process.stdout.write(`No ${name}@${major} can be installed: nothing is tested on Node ${major}.\n`)
    remove()
    return undefined
  }
  const bin = join(folder, 'node_modules', name, 'bin')
  if (existsSync(bin)) return { bin, remove }
  remove()
  return undefined
}

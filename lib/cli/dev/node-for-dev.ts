/** Which Node runs `lamplighter dev`: the one that was started, or a newer one that the project has installed. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { InvalidInput } from '../../core/values/errors.ts'

/** Since then node:sqlite, which locks the data folder, needs no flag. */
const least = [22, 13] as const
/** A shell's number for a program that a signal ended. */
const signalled = 128

export type NodeChoice =
  | { readonly kind: 'this' }
  /** Path of a program. */
  | { readonly kind: 'other'; readonly path: string }

/**
 * @param version of the Node that runs this, such as `22.11.0`
 * @param folder of the project
 * @throws InvalidInput when it is too old and the project has no newer one
 */
export function nodeForDev(version: string, folder: string): NodeChoice {
  if (isEnough(version)) return { kind: 'this' }
  const path = installedNode(folder)
  if (path !== undefined) return { kind: 'other', path }
  const needed = `Node ${least.join('.')} or later, which \`lamplighter dev\` needs; \`npm i -D node@24\` brings one`
  throw new InvalidInput('Node', version, needed)
}

function isEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > least[0] || (major === least[0] && minor >= least[1])
}

/** The npm package `node` holds the program for this platform. */
function installedNode(folder: string): string | undefined {
  try {
    const manifest = createRequire(join(folder, 'package.json')).resolve('node/package.json')
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return isEnough(version) && existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/**
 * Runs this very command line again, in its place: same terminal, same signals.
 * @param path of a Node
 * @returns its exit code
 */
export async function runAgainIn(path: string): Promise<number> {
  const child = spawn(path, process.argv.slice(1), { stdio: 'inherit' })
  // Ctrl-C reaches it by itself; what is sent to this process alone does not.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? signalled + (signal === null ? 0 : constants.signals[signal])))
  })
}

/** Other job runners are not installed with this repository: who wants to measure them says where they are. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A folder with a `node_modules` that holds the peers. @default this repository */
const folder = process.env['BENCH_PEERS'] ?? process.cwd()

const require = createRequire(join(folder, 'package.json'))

export function hasPackage(name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch {
    return false
  }
}

/** The module's exports, of a CommonJS or an ES module. */
export const importPeer = async (name: string): Promise<Record<string, unknown>> =>
  (await import(pathToFileURL(require.resolve(name)).href)) as Record<string, unknown>

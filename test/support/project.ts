/** A project of a few files under the repository's own tool settings, in a temporary folder. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const settings = [
  '.gitignore',
  '.oxlintrc.json',
  'biome.json',
  'knip.jsonc',
  'tsconfig.json',
  'vitest.config.ts',
  // Named in vitest.config.ts.
  'test/support/scratch.ts',
]

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Project {
  /** Runs a tool of node_modules/.bin in the project's folder; never throws for its exit code. */
  run(tool: string, ...args: string[]): Promise<Ended>
  remove(): void
}

/** A package.json that names vitest, which vitest.config.ts imports, and these packages. */
export function manifestWith(dependencies: Readonly<Record<string, string>>): string {
  const manifest = { name: 'planted', private: true, type: 'module', dependencies: { vitest: '*', ...dependencies } }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** @param files path → text; package.json has a default */
export function projectOf(files: Readonly<Record<string, string>>): Project {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-project-'))
  for (const name of settings) cpSync(join(root, name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const all = { 'package.json': manifestWith({}), ...files }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return {
    run: (tool, ...args) => run(join(root, 'node_modules/.bin', tool), args, folder),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

function run(file: string, args: readonly string[], cwd: string): Promise<Ended> {
  // A tool that runs in a test must not take itself for a part of it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|LAMPLIGHTER|NODE_OPTIONS|TEST$)/.test(name)),
  )
  return new Promise(resolve => {
    execFile(file, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
  })
}

/** What `npm pack` makes of this repository, or of a package in it, unpacked into a folder of its own. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Packed {
  readonly tarball: string
  /** Unpacked: where package.json is. */
  readonly folder: string
  /** Paths in the package, sorted. */
  readonly files: readonly string[]
  read(file: string): string
  remove(): void
}

/** From the root of this repository. */
export const packedFolders = ['.', 'packages/engines'] as const

export const tarballFolder = (scratch: string, ofFolder: string): string =>
  join(scratch, ofFolder === '.' ? 'lamplighter' : 'engines')

/** @throws Error with what the compiler or npm said */
export async function packInto(ofFolder: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true })
  await run('npm', ['pack', '--silent', '--pack-destination', target], { cwd: join(root, ofFolder) })
}

/**
 * Builds (the script `prepack`) and packs, unless the lane has done so.
 * @param ofFolder of the package, from the root of this repository
 * @throws Error with what the compiler or npm said
 */
export async function pack(ofFolder = '.'): Promise<Packed> {
  const scratch = mkdtempSync(join(tmpdir(), 'lamplighter-pack-'))
  const done = process.env['LAMPLIGHTER_PACKED']
  if (done === undefined) await packInto(ofFolder, scratch)
  else cpSync(tarballFolder(done, ofFolder), scratch, { recursive: true })
  const [name, ...others] = readdirSync(scratch)
  if (name === undefined || others.length > 0) throw new Error('npm pack made no package')
  const tarball = join(scratch, name)
  const unpacked = join(scratch, 'unpacked')
  mkdirSync(unpacked)
  await run('tar', ['-xzf', tarball, '-C', unpacked])
  const folder = join(unpacked, 'package')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
  return {
    tarball,
    folder,
    files,
    read: file => readFileSync(join(folder, file), 'utf8'),
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  }
}

/** The folder in which a stack keeps its data. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StackError } from './stack-error.ts'

/**
 * Makes the folder, one level at a time: Node's own recursive way never returns where a level can neither be made nor
 * be found, as under /proc.
 */
function makeFolder(path: string): void {
  try {
    if (statSync(path).isDirectory()) return
    throw new StackError(`${path} is a file; choose a folder with --data`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof StackError || (code !== 'ENOENT' && code !== 'ENOTDIR')) throw error
    if (dirname(path) === path) throw error
  }
  makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Somebody else may have made it a moment ago.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** @throws StackError in plain words: every cause is something in the file system that its owner can change */
export function makeDataFolder(folder: string): void {
  try {
    makeFolder(folder)
    writeFileSync(join(folder, '.gitignore'), '*\n')
  } catch (error) {
    if (error instanceof StackError) throw error
    const { code = 'unknown cause' } = error as NodeJS.ErrnoException
    throw new StackError(`${folder} cannot hold the data (${code}); choose another folder with --data`)
  }
}

/**
 * A folder for the bundles of this process. What other processes left is deleted; a stack that runs keeps its own.
 * @param folder that exists
 */
export function buildFolderIn(folder: string): string {
  const builds = join(folder, 'build')
  mkdirSync(builds, { recursive: true })
  for (const pid of readdirSync(builds)) {
    if (!isAlive(Number(pid))) rmSync(join(builds, pid), { recursive: true, force: true })
  }
  return join(builds, String(process.pid))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/**
 * One temporary folder for a whole run of the tests, removed at its end: vitest ends its workers without letting their
 * own exit handlers run, and every run would leave folders behind.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string | undefined

export function setup(): void {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'lamplighter-tests-'))
  // What os.tmpdir() looks at, on POSIX and on Windows; the workers inherit it.
  Object.assign(process.env, { TMPDIR: folder, TEMP: folder, TMP: folder })
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

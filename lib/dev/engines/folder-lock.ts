import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StackError } from '../stack-error.ts'

/** A stack that was killed a moment ago may still be clearing up. */
const waitMs = 3_000

/** Held for as long as the process lives: a lock that is collected as garbage is given back. */
const held: DatabaseSync[] = []

/**
 * Takes a data folder for this process, until its end. The lock is SQLite's: the operating system drops it when the
 * process ends, however it ends, so that nothing stale is ever left behind.
 *
 * @param holder says who else might hold it, for the error
 * @throws StackError when another process has it
 */
export function lockFolder(folder: string, holder: () => string): void {
  const database = new DatabaseSync(join(folder, 'lock'), { timeout: waitMs })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode !== busy) throw error
    throw new StackError(`${folder} is in use by ${holder()}; stop it first, or choose another folder with --data`)
  }
  held.push(database)
}

/** SQLITE_BUSY. sqlite.org/rescode.html */
const busy = 5

/** What the folder of a stack holds besides its table: how programs and pages find the stack, and may use it. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** For its owner's eyes only: both files hold the token. */
const ownerOnly = { mode: 0o600 }

interface Found {
  /** Of tables and queues. */
  readonly names: Readonly<Record<string, string>>
  readonly url: string
  readonly token: string
}

/** For `node --env-file`, so that a program of one's own finds the stack; the command line reads LAMPLIGHTER_URL. */
export function writeEnvironment(folder: string, { names, url, token }: Found): void {
  const all = { ...names, LAMPLIGHTER_URL: url, LAMPLIGHTER_TOKEN: token }
  const lines = Object.entries(all).map(([name, value]) => `${name}='${value}'\n`)
  writeFileSync(join(folder, 'token'), token, ownerOnly)
  writeFileSync(join(folder, 'env'), lines.join(''), ownerOnly)
}

/** The folder's own, so that a page that is open stays logged in over restarts; the first stack makes one. */
export function tokenIn(folder: string): string {
  try {
    const kept = readFileSync(join(folder, 'token'), 'utf8')
    if (/^[\w-]{32}$/.test(kept)) return kept
  } catch {
    // The folder is new.
  }
  return randomBytes(24).toString('base64url')
}

/** A project of somebody else: the packed package installed into a folder far from this repository. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Foreign {
  readonly folder: string
  /** What npm printed while it installed, both streams. */
  readonly installed: string
  /** Runs a script with the Node of this process, or a tool of the project; both streams. @throws when it fails */
  node(...of: readonly string[]): Promise<string>
  /** A program of the project, as people start it; npx installs nothing. Never throws. */
  npx(...of: readonly string[]): Promise<Ended>
  write(file: string, text: string): void
  remove(): void
}

export interface Ended {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface ForeignOptions {
  readonly tarball: string
  readonly dependencies?: Readonly<Record<string, string>>
  /** Versions that npm must take, whoever asks for the package. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  /** Fields of package.json, such as `type`. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** Installs with npm, from the registry that npm is set up for. */
export async function foreign(options: ForeignOptions): Promise<Foreign> {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-foreign-'))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  const dependencies = { lamplighter: `file:${options.tarball}`, ...options.dependencies }
  const { overrides = {}, fields = {} } = options
  write('package.json', JSON.stringify({ name: 'foreign', private: true, ...fields, dependencies, overrides }))
  for (const [file, text] of Object.entries(options.files)) write(file, text)
  const { stdout, stderr } = await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, env: quiet })
  return {
    folder,
    installed: stdout + stderr,
    write,
    async node(...of) {
      const done = await run(process.execPath, [...of], { cwd: folder, env: quiet, maxBuffer: 16 * 1024 * 1024 })
      return done.stdout + done.stderr
    },
    npx: (...of) =>
      new Promise(done => {
        execFile('npx', ['--no-install', ...of], { cwd: folder, env: quiet }, (error, out, err) => {
          done({ exit: error === null ? 0 : Number(error.code), stdout: out, stderr: err })
        })
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** npm's own hints about new versions of itself are no warnings of anybody. */
const quiet = { ...process.env, NO_UPDATE_NOTIFIER: '1', npm_config_update_notifier: 'false', FORCE_COLOR: '0' }

/** Whether npm reaches a registry at all. */
export async function hasRegistry(): Promise<boolean> {
  try {
    await run('npm', ['view', 'ms', 'version', '--fetch-retries=0', '--fetch-timeout=10000'])
    return true
  } catch {
    return false
  }
}

/** The foreign app of the deploy test, with the packed packages, in a folder far from this repository. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type DevProgram, type StartOptions, startDev } from '../../support/dev-program.ts'
import { descendantsOf, untilGone } from '../../support/processes.ts'

const run = promisify(execFile)
const source = fileURLToPath(new URL('../deploy/foreign', import.meta.url))

export interface CornerShop {
  readonly folder: string
  /** Installs more packages, as people type it: names, tarballs. */
  install(...packages: readonly string[]): Promise<void>
  /** The same app in a folder of its own, with the packages that are installed here. */
  sibling(): CornerShop
  write(file: string, text: string): void
  /** `npx lamplighter dev --port 0 …`, unless another command takes the place of `npx lamplighter`. */
  dev(options?: DevOptions): DevProgram
  /** Ends what was started here, and removes the folder. */
  remove(): Promise<void>
}

export interface DevOptions extends Omit<StartOptions, 'folder'> {
  /** Folder of another Node. */
  readonly bin?: string
}

export function cornerShop(): CornerShop {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-shop-'))
  cpSync(source, folder, { recursive: true })
  return shopIn(folder)
}

function shopIn(folder: string): CornerShop {
  const siblings: CornerShop[] = []
  const programs: DevProgram[] = []
  return {
    folder,
    async install(...packages) {
      const options = ['--prefer-offline', '--no-audit', '--no-fund']
      await run('npm', ['install', ...options, ...packages], { cwd: folder })
    },
    sibling() {
      const shop = cornerShop()
      symlinkSync(join(folder, 'node_modules'), join(shop.folder, 'node_modules'))
      siblings.push(shop)
      return shop
    },
    write: (file, text) => writeFileSync(join(folder, file), text),
    dev({ bin, env = {}, ...options } = {}) {
      const path = bin === undefined ? {} : { PATH: `${bin}${delimiter}${process.env['PATH']}` }
      const all = { npm_config_update_notifier: 'false', ...path, ...env }
      const program = startDev({ command: ['npx', '--no-install', 'lamplighter'], ...options, folder, env: all })
      programs.push(program)
      return program
    },
    async remove() {
      for (const program of programs) await killTree(program)
      for (const shop of siblings) await shop.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Every process of it, at once, as `kill -9` does: npx, the stack, its supervisor, its engine, its functions. */
export async function killTree({ child, ended }: DevProgram): Promise<void> {
  const hasEnded = child.exitCode !== null || child.signalCode !== null || child.pid === undefined
  const pids = hasEnded ? [] : [child.pid, ...descendantsOf(child.pid)]
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  await ended
  await untilGone(pids)
}

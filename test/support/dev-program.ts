/** `lamplighter dev` as people start it: a process, its lines, and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))

export interface DevProgram {
  readonly child: ChildProcess
  /** Both streams, line by line. */
  readonly lines: readonly string[]
  /** The exit code; null if a signal ended it. */
  readonly ended: Promise<number | null>
  /** The first line from `from` on that fits, now or later. @throws Error when the program ends before */
  line(isIt: RegExp, from?: number): Promise<string>
  /** Of the API, once the program is ready. */
  url(): Promise<string>
}

export interface StartOptions {
  readonly folder: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Node, and what it runs. @default this repository's command line */
  readonly command?: readonly [node: string, ...args: string[]]
  /** What stands between the command and its options. @default ['dev'] */
  readonly words?: readonly string[]
}

export function startDev({
  folder,
  args = [],
  env = {},
  command = [process.execPath, main],
  words = ['dev'],
}: StartOptions): DevProgram {
  const [node, ...first] = command
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|LAMPLIGHTER_)/.test(name)))
  const child = spawn(node, [...first, ...words, '--port', '0', ...args], {
    cwd: folder,
    env: { ...own, ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const readers = [child.stdout, child.stderr].map(stream => createInterface({ input: stream }))
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of waiting) look()
  }
  for (const reader of readers) reader.on('line', line => lines.push(line) && wake())
  const ended = once(child, 'close').then(([code]) => code as number | null)
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
    wake()
  })
  const line = (isIt: RegExp, from = 0): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.slice(from).find(text => isIt.test(text))
        if (found === undefined && !hasEnded) return
        waiting.delete(look)
        if (found === undefined) reject(new Error(`no line fits ${String(isIt)}:\n${lines.join('\n')}`))
        else resolve(found)
      }
      waiting.add(look)
      look()
    })
  return {
    child,
    lines,
    ended,
    line,
    async url() {
      await line(/^ {2}Your app /)
      return (await line(/^ {2}API /)).trim().split(/\s+/)[1] ?? ''
    },
  }
}

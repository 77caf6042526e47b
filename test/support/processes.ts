import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Whether a process of this id runs. One that has ended but was not yet waited for by its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    if (process.platform !== 'linux') return true
    return !'ZX'.includes(statusOf(pid)[0] ?? 'Z')
  } catch {
    return false
  }
}

/** @throws Error naming those that still run after the limit */
export async function untilGone(pids: readonly number[], limitMs = 5_000): Promise<void> {
  const giveUpAt = Date.now() + limitMs
  while (pids.some(isRunning)) {
    if (Date.now() > giveUpAt) throw new Error(`still running: ${pids.filter(isRunning).join(', ')}`)
    await delay(20)
  }
}

/** Children, their children and so on. */
export function descendantsOf(pid: number): readonly number[] {
  const parents = process.platform === 'linux' ? parentsFromProc() : parentsFromPs()
  const found: number[] = []
  for (let next: readonly number[] = [pid]; next.length > 0; ) {
    next = parents.flatMap(([child, parent]) => (next.includes(parent) ? [child] : []))
    found.push(...next)
  }
  return found
}

type Parent = readonly [child: number, parent: number]

/** What follows the name in parentheses: state, parent … */
const statusOf = (pid: number | string): readonly string[] =>
  (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ')

const parentsFromProc = (): readonly Parent[] =>
  readdirSync('/proc').flatMap((name): readonly Parent[] => {
    if (!/^\d+$/.test(name)) return []
    try {
      return [[Number(name), Number(statusOf(name)[1])]]
    } catch {
      return []
    }
  })

const parentsFromPs = (): readonly Parent[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line): Parent => {
      const [child, parent] = line.trim().split(/\s+/).map(Number)
      return [child ?? 0, parent ?? 0]
    })

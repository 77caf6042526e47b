/** The sweeper function in a process of its own: each message asks for one tick. */
import { readFileSync } from 'node:fs'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { createSweeper } from '../../lib/lambda/sweeper.ts'
import { runner } from './sample.ts'

/** Answered for each tick. */
export interface Tick {
  /** Undefined when not every lane could be walked: the engine is slow to read large items on a busy machine. */
  readonly dispatched: number | undefined
  readonly cpuMicroseconds: number
  /** The most that this process ever held. */
  readonly peakBytes: number
}

/** Longer than any tick here takes: the measurement must not be cut short. */
const functionMs = 600_000
const context = { getRemainingTimeInMillis: () => functionMs } as unknown as Context

/** Not `maxRSS` on Linux: that counts what the parent held when it forked. */
function peakBytes(): number {
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : ''
  const kilobytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? process.resourceUsage().maxRSS)
  return kilobytes * 1_024
}

/** Called by the entry that is bundled: an import alone would be left out, since this package has no side effects. */
export function serveTicks(): void {
  const sweeper = createSweeper({ runner })
  const tick = async () => {
    const start = process.cpuUsage()
    const dispatched = await sweeper({} as ScheduledEvent, context).then(
      report => report.dispatched,
      () => undefined,
    )
    const { user, system } = process.cpuUsage(start)
    process.send?.({ dispatched, cpuMicroseconds: user + system, peakBytes: peakBytes() } satisfies Tick)
  }
  process.on('message', () => void tick())
  process.on('disconnect', () => process.exit(0))
}

/** The sweeper function in a process of its own: each message asks for one tick. */
import type { Context, ScheduledEvent } from 'aws-lambda'
import { createSweeper } from '../../lib/lambda/sweeper.ts'
import { runner } from './sample.ts'

/** Answered for each tick. */
export interface Tick {
  readonly dispatched: number
  readonly cpuMicroseconds: number
  /** The most that this process ever held. */
  readonly peakBytes: number
}

/** Longer than any tick here takes: the measurement must not be cut short. */
const functionMs = 600_000
const context = { getRemainingTimeInMillis: () => functionMs } as unknown as Context

const sweeper = createSweeper({ runner })

async function tick(): Promise<void> {
  const start = process.cpuUsage()
  const { dispatched } = await sweeper({} as ScheduledEvent, context)
  const { user, system } = process.cpuUsage(start)
  const peakBytes = process.resourceUsage().maxRSS * 1_024
  process.send?.({ dispatched, cpuMicroseconds: user + system, peakBytes } satisfies Tick)
}

process.on('message', () => void tick())
process.on('disconnect', () => process.exit(0))

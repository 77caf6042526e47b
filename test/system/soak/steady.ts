/** Whether a stack that has run many jobs is as fast as one that has run none. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '../../../lib/client/client.ts'
import { createClient } from '../../../lib/client/create-client.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { type DevStack, startDevStack } from '../../../lib/dev/dev-stack.ts'
import { quick } from '../../support/fixtures/lamps/jobs.ts'
import { lamps } from '../../support/fixtures/lamps/lamps.ts'

/** Two processes: more would only compete for the machine. */
const runner = defineRunner({ queues: { default: { concurrency: 2 } }, jobs: [quick] })
const pageSize = 100

const turns = 10

/**
 * Runs `before` jobs on one stack. Then it runs 1,000 on it and 1,000 on a new stack, in turns of 100, so that whatever
 * else the machine does slows both alike.
 * @returns how many times as long the used stack takes: the median of the turns
 */
export async function slowdownAfter(before: number): Promise<number> {
  const used = await Lane.start()
  const fresh = await Lane.start()
  try {
    for (let done = 0; done < before; done += pageSize) await used.run(pageSize)
    const ratios: number[] = []
    for (let turn = 0; turn < turns; turn += 1) {
      const freshMs = await fresh.run(pageSize)
      ratios.push((await used.run(pageSize)) / freshMs)
    }
    ratios.sort((a, b) => a - b)
    return ((ratios[turns / 2 - 1] ?? 0) + (ratios[turns / 2] ?? 0)) / 2
  } finally {
    await fresh.stop()
    await used.stop()
  }
}

interface Progress {
  completed: number
  onDone: () => void
}

/** A stack, and how to run jobs on it. */
class Lane {
  readonly #stack: DevStack
  readonly #client: Client
  readonly #folder: string
  readonly #state: Progress

  private constructor(stack: DevStack, client: Client, folder: string, state: Progress) {
    this.#stack = stack
    this.#client = client
    this.#folder = folder
    this.#state = state
  }

  static async start(): Promise<Lane> {
    const folder = mkdtempSync(join(tmpdir(), 'lamplighter-steady-'))
    const state: Progress = { completed: 0, onDone: () => {} }
    const stack = await startDevStack({
      runner,
      functions: lamps.functions,
      dataDir: folder,
      onChange({ after }) {
        if (after.state !== 'COMPLETED') return
        state.completed += 1
        state.onDone()
      },
    })
    Object.assign(process.env, stack.env)
    const client = createClient({ runner })
    const lane = new Lane(stack, client, folder, state)
    // The SDK reads the environment at its first calls. Processes start, and code gets compiled.
    for (let turn = 0; turn < 3; turn += 1) await lane.run(pageSize)
    return lane
  }

  /** @returns how long it took until all had completed (milliseconds) */
  async run(count: number): Promise<number> {
    const until = this.#state.completed + count
    const startedAt = performance.now()
    const done = new Promise<void>(resolve => {
      this.#state.onDone = () => this.#state.completed >= until && resolve()
    })
    await this.#client.enqueueMany(Array.from({ length: count }, (_, number) => this.#client.job(quick, { number })))
    await done
    return performance.now() - startedAt
  }

  async stop(): Promise<void> {
    await this.#stack.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

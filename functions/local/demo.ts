import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DevStack, startDevStack } from '../../lib/dev/dev-stack.ts'
import { createConsole, readyLine } from '../../lib/dev/terminal/console.ts'
import { plain, spokenMs, toned } from '../../lib/dev/terminal/text.ts'
import { application } from './application.ts'
import type { CliOptions } from './cli-options.ts'
import { SampleWatch } from './sample-watch.ts'
import { startSamples } from './samples.ts'
import { listenForSignals } from './stop-signals.ts'

/** In a hurry, compared to the cloud's 60 s. */
const tickMs = 2_000
/** The jobs take some six seconds; a busy machine may be slow. */
const limitMs = 60_000

/**
 * Runs the sample jobs once, on a data folder of their own, and ends.
 * @returns the exit code: 0 when every job ended as expected, else 1
 */
export async function demo({ json }: CliOptions): Promise<number> {
  const terminal = createConsole(json)
  const signals = listenForSignals()
  const dataDir = mkdtempSync(join(tmpdir(), 'lamplighter-demo-'))
  const watch = new SampleWatch()
  try {
    const stack = await startDevStack({
      ...application,
      ...terminal,
      dataDir,
      tickMs,
      onChange(change) {
        terminal.onChange(change)
        watch.see(change)
      },
    })
    terminal.say(readyLine(stack.url))
    let code = 1
    try {
      const faults = await Promise.race([
        faultsOf(stack, watch),
        signals.first.then(() => ['stopped before all jobs had ended']),
        stack.broken.then(() => ['the engine of the table has ended']),
      ])
      for (const fault of faults) terminal.say(toned('red', plain(fault)))
      code = faults.length === 0 ? 0 : 1
      return code
    } finally {
      if (code !== 0) stack.kill()
      await stack.stop()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }

  async function faultsOf(stack: DevStack, sampleWatch: SampleWatch): Promise<readonly string[]> {
    const startedAt = Date.now()
    const samples = await startSamples(stack.url)
    try {
      const faults = await sampleWatch.faults(samples.jobs, samples.ids, limitMs)
      if (faults.length === 0) {
        terminal.say(`All ${samples.ids.length} jobs ended as expected, in ${spokenMs(Date.now() - startedAt)}.`)
      }
      return faults
    } finally {
      await samples.close()
    }
  }
}

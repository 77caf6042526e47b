import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spokenMs } from '../../lib/core/values/duration.ts'
import type { DevStack } from '../../lib/dev/dev-stack.ts'
import { runStack } from '../../lib/dev/run-stack.ts'
import { type Console, createConsole } from '../../lib/dev/terminal/console.ts'
import { plain, toned } from '../../lib/dev/terminal/text.ts'
import { application } from './application.ts'
import type { LocalOptions } from './options.ts'
import { example, SampleWatch, startSamples } from './samples.ts'

/** The jobs take some six seconds; a busy machine may be slow. */
const limitMs = 60_000

/**
 * Runs the sample jobs once and ends; on a data folder of its own, unless one is given.
 * @returns the exit code: 0 when every job ended as expected, 130 when a signal cut it short, else 1
 */
export async function demo({ port, tickMs, dataDir, fresh, json }: LocalOptions): Promise<number> {
  const terminal = createConsole(json)
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'lamplighter-demo-'))
  const watch = new SampleWatch()
  const onChange: Console['onChange'] = change => {
    terminal.onChange(change)
    watch.see(change)
  }
  try {
    return await runStack(
      { ...application, port, tickMs, dataDir: folder, fresh, ...terminal, onChange },
      terminal,
      async (stack, end) => {
        terminal.ready(stack.url, example)
        const faults = await Promise.race([
          faultsOf(stack, watch, terminal),
          end.then(why => [
            why === 'signal' ? 'stopped before all jobs had ended' : 'the engine of the table has ended',
          ]),
        ])
        for (const fault of faults) terminal.say(toned('red', plain(fault)))
        if (faults.length === 0) return 0
        stack.kill()
        return 1
      },
    )
  } finally {
    if (dataDir === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

async function faultsOf(stack: DevStack, watch: SampleWatch, terminal: Console): Promise<readonly string[]> {
  const startedAt = Date.now()
  const samples = await startSamples(stack.url)
  try {
    const faults = await watch.faults(samples.jobs, samples.ids, limitMs)
    if (faults.length === 0) {
      terminal.say(`All ${samples.ids.length} jobs ended as expected, in ${spokenMs(Date.now() - startedAt)}.`)
    }
    return faults
  } finally {
    await samples.close()
  }
}

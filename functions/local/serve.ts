import { startDevStack } from '../../lib/dev/dev-stack.ts'
import { createConsole, readyLine } from '../../lib/dev/terminal/console.ts'
import { application } from './application.ts'
import type { CliOptions } from './cli-options.ts'
import { type Samples, startSamples } from './samples.ts'
import { listenForSignals } from './stop-signals.ts'

/** How long a stop may take once it was told to hurry. */
const killWithinMs = 2_000

/**
 * Runs the stack until a signal comes or its table's engine ends.
 * @returns the exit code: 0 after an orderly stop, 130 when a second signal cut it short, 1 when the engine ended
 */
export async function serve(options: CliOptions): Promise<number> {
  const terminal = createConsole(options.json)
  const signals = listenForSignals()
  const { port, tickMs, dataDir, fresh } = options
  const stack = await startDevStack({ ...application, port, tickMs, dataDir, fresh, ...terminal })
  terminal.say(readyLine(stack.url))
  let samples: Samples | undefined
  if (options.samples) {
    samples = await startSamples(stack.url).catch((error: unknown) => {
      terminal.onTrouble(`the sample jobs were not enqueued: ${String(error)}`)
      return undefined
    })
  }
  const end = await Promise.race([signals.first, stack.broken.then(() => 'broken' as const)])
  terminal.say(
    end === 'broken'
      ? 'The engine of the table has ended, and the stack with it.'
      : 'Stopping: what runs now may finish; Ctrl-C again ends it at once.',
  )
  let code = end === 'broken' ? 1 : 0
  void signals.second.then(() => {
    code = 130
    stack.kill()
    // The keeper ends what would still be left.
    setTimeout(() => process.exit(code), killWithinMs)
  })
  if (end === 'broken') stack.kill()
  await stack.stop()
  await samples?.close()
  return code
}

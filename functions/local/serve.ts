import { createConsole } from '../../lib/dev/terminal/console.ts'
import type { LocalOptions } from './options.ts'
import { runStack } from './run-stack.ts'
import { example, startSamples } from './samples.ts'

/**
 * Runs the stack until a signal comes or its table's engine ends.
 * @returns the exit code: 0 after an orderly stop, 130 when a signal cut the start or the stop short, 1 when the engine
 * ended
 */
export async function serve(options: LocalOptions): Promise<number> {
  const terminal = createConsole(options.json)
  const { port, tickMs, dataDir = '.lamplighter', fresh } = options
  return runStack({ port, tickMs, dataDir, fresh, ...terminal }, terminal, async (stack, end) => {
    terminal.ready(stack.url, example)
    const samples = options.samples
      ? await startSamples(stack.url).catch((error: unknown) => {
          terminal.onTrouble(`the sample jobs were not enqueued: ${String(error)}`)
          return undefined
        })
      : undefined
    const isBroken = (await end) === 'broken'
    terminal.say(
      isBroken
        ? 'The engine of the table has ended, and the stack with it.'
        : 'Stopping: what runs now may finish; Ctrl-C again ends it at once.',
    )
    if (isBroken) stack.kill()
    await stack.stop()
    await samples?.close()
    return isBroken ? 1 : 0
  })
}

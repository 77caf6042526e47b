/** A local stack until it is done or a signal comes. */
import { type DevStack, type DevStackOptions, startDevStack } from './dev-stack.ts'
import type { Console } from './terminal/console.ts'

/** How long a stop may take after the second signal (milliseconds). */
const killWithinMs = 2_000
/** Ended by Ctrl-C, as shells number it. */
const interrupted = 130

export type StackSettings = Omit<DevStackOptions, 'signal'>

/** Why `use` is to end: a signal, or the end of the table's engine. */
export type End = 'signal' | 'broken'

/**
 * Makes what the stack needs, starts it, hands it over, and stops it. The first signal asks `use` to end, or gives up the start; the second
 * one ends this program at once or two seconds later, whatever it does.
 * @returns what `use` returned; 130 after a second signal
 */
export async function runStack(
  prepare: StackSettings | (() => Promise<StackSettings>),
  terminal: Pick<Console, 'say'>,
  use: (stack: DevStack, end: Promise<End>) => Promise<number>,
): Promise<number> {
  const giveUp = new AbortController()
  const signals = listenForSignals()
  void signals.first.then(() => giveUp.abort(new Error('stopped by a signal')))
  // Nothing is held back: the supervisor ends what this process leaves.
  void signals.second.then(() => setTimeout(() => process.exit(interrupted), running === undefined ? 0 : killWithinMs))
  let running: DevStack | undefined
  try {
    const settings = typeof prepare === 'function' ? await prepare() : prepare
    const stack = await startDevStack({ ...settings, signal: giveUp.signal })
    running = stack
    let isHurried = false
    void signals.second.then(() => {
      isHurried = true
      stack.kill()
    })
    try {
      const code = await use(stack, Promise.race([signals.first, stack.broken.then((): End => 'broken')]))
      return isHurried ? interrupted : code
    } finally {
      await stack.stop()
    }
  } catch (error) {
    if (running !== undefined || !giveUp.signal.aborted) throw error
    terminal.say('Stopped before it was ready.')
    return interrupted
  }
}

/** Counted from the start of the program on: none is lost while the stack still starts. */
function listenForSignals(): { readonly first: Promise<End>; readonly second: Promise<void> } {
  const first = Promise.withResolvers<End>()
  const second = Promise.withResolvers<void>()
  let count = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      count += 1
      if (count === 1) first.resolve('signal')
      else second.resolve()
    })
  }
  return { first: first.promise, second: second.promise }
}

// Taken when this module loads: a test's fake timers replace the global ones.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import type { Clock } from '../ports/clock.ts'

/** This machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise(resolve => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const wake = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(milliseconds, maxTimerMs))
      signal?.addEventListener('abort', wake)
    }),
  turn: () => new Promise(resolve => setImmediate(resolve)),
}

/** Node fires a timer beyond 32 bits at once. Nothing here sleeps for 24 days. */
const maxTimerMs = 2 ** 31 - 1

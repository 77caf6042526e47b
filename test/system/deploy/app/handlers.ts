import { setTimeout as delay } from 'node:timers/promises'
import { FailForGood } from '../../../../lib/core/definition/handler-errors.ts'
import { handle } from '../../../../lib/define/handle.ts'
import { alwaysFails, endless, failsOnce, greet, killsWorker, slow, steered } from './jobs.ts'

/** Put in by the bundler: another edition is other code. */
declare const EDITION: string

export const handlers = [
  handle(greet, ({ name }) => ({ greeting: `Hello ${name}`, edition: EDITION })),
  handle(alwaysFails, (_, { attempt }) => {
    throw new Error(`no luck at attempt ${attempt}`)
  }),
  handle(failsOnce, (_, { job }) => {
    if (job.generation === 1) throw new FailForGood('not before somebody has a look')
    return { generation: job.generation }
  }),
  handle(killsWorker, (_, { attempt }) => {
    if (attempt === 1) process.kill(process.pid, 'SIGKILL')
    return { attempt }
  }),
  handle(endless, (_, { signal }) => new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))),
  handle(steered, () => ({ edition: EDITION })),
  handle(slow, async ({ ms, number }) => {
    await delay(ms)
    return { number, edition: EDITION }
  }),
]

import { normaliseError, reportedError } from '../core/job/job-error.ts'
import type { Telemetry } from '../ports/telemetry.ts'

let listener: ((reason: unknown) => void) | undefined

/**
 * Keeps a worker's process alive when a promise rejects that no handler awaits, and reports it as an error.
 *
 * The runtime would end the process. That costs each job of the batch an attempt, and most of them have nothing to do
 * with the promise: nobody can even tell whose it was. A rejection interrupts no code that runs, and the runs of a batch
 * share nothing of ours, so they can go on. An exception that nobody catches is another matter: it breaks off whatever
 * was at work, and the process ends as the runtime wants.
 *
 * @param jobIds of the jobs that are at work now: one of them, or an earlier one of this process, left the promise behind
 */
export function surviveRejections(telemetry: Telemetry, jobIds: () => readonly string[]): void {
  // Lambda's runtime has put its own listener there before it loads the function: the one that ends the process.
  // github.com/aws/aws-lambda-nodejs-runtime-interface-client, src/index.ts
  if (process.env['AWS_LAMBDA_RUNTIME_API'] !== undefined) process.removeAllListeners('unhandledRejection')
  if (listener !== undefined) process.off('unhandledRejection', listener)
  listener = reason => {
    telemetry.emit({ name: 'unhandled_rejection', ...reportedError(normaliseError(reason)), jobIds: jobIds() })
  }
  process.on('unhandledRejection', listener)
}

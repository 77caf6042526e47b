/** Calls the function of a step, within the time of the step. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { StepRun } from '../../core/definition/workflow.ts'
import { generationOf } from '../../core/job/job.ts'
import { formatMs } from '../../core/values/duration.ts'
import type { RunLease } from '../worker/run-lease.ts'

const atWork = new AsyncLocalStorage<string>()

/** The step inside of whose function this is called. */
export const stepAtWork = (): string | undefined => atWork.getStore()

/** What the function did. */
export type CalledStep<T> =
  | { readonly kind: 'returned'; readonly value: T }
  | { readonly kind: 'threw'; readonly thrown: unknown }

export interface CallingStep {
  readonly name: string
  readonly timeoutMs: number | undefined
}

export async function callStep<T>(
  { job, signal, run }: RunLease,
  { name, timeoutMs }: CallingStep,
  fn: (step: StepRun) => T | Promise<T>,
): Promise<CalledStep<T>> {
  const own = new AbortController()
  const timer = new AbortController()
  const step = { id: `${job.id}#${generationOf(job)}#${name}`, signal: AbortSignal.any([signal, own.signal]) }
  const called = atWork
    .run(name, async () => fn(step))
    .then(
      (value): CalledStep<T> => ({ kind: 'returned', value }),
      (thrown: unknown): CalledStep<T> => ({ kind: 'threw', thrown }),
    )
  if (timeoutMs === undefined) return called
  const late = run.batch.deps.clock.sleep(timeoutMs, timer.signal).then((): CalledStep<T> => {
    const thrown = new Error(`step '${name}' did not end within ${formatMs(timeoutMs)}`)
    thrown.name = 'TimedOut'
    own.abort(thrown)
    return { kind: 'threw', thrown }
  })
  const first = await Promise.race([called, late])
  timer.abort('settled')
  return first
}

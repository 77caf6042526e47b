/** Calls what an application adds to its runs: hooks and middleware of the runner, then those of the handler. */

import {
  type Halt,
  type HookedRun,
  isHalt,
  type JobHandler,
  type Middleware,
  type RunHooks,
} from '../../core/definition/run-hooks.ts'
import type { Runner } from '../../core/definition/runner.ts'
import { abortGraceMs } from '../../core/values/times.ts'
import type { RunOutcome } from './run.ts'
import type { RunLease } from './run-lease.ts'

const none: readonly never[] = []

const hooksOf = ({ hooks = none }: Runner, handler: JobHandler): readonly RunHooks[] =>
  handler.hooks === undefined ? hooks : [...hooks, ...handler.hooks]

/** The first that halts ends the walk. */
export async function beforeRun(runner: Runner, handler: JobHandler, run: HookedRun): Promise<Halt | undefined> {
  for (const { before } of hooksOf(runner, handler)) {
    const answer = await before?.(run)
    if (isHalt(answer)) return answer
  }
  return undefined
}

export function throughMiddleware(runner: Runner, handler: JobHandler, run: HookedRun): Promise<unknown> {
  const { middleware = none } = handler
  const last = async (): Promise<unknown> => handler.run(run.input as never, run.ctx)
  return [...runner.middleware, ...middleware].reduceRight<() => Promise<unknown>>(
    (next, one: Middleware) => () => one(run, next),
    last,
  )()
}

/** A run that has ended, and what its hooks are told of it. */
export interface HookedEnd {
  readonly lease: RunLease
  readonly run: HookedRun
  readonly outcome: RunOutcome
  /** What the handler returned. */
  readonly result: unknown
  /** What it threw, where it did. */
  readonly thrown: unknown
}

/** Never rejects, and is over when the run must be: the outcome does not wait for a hook that hangs. */
export async function afterRun(handler: JobHandler, end: HookedEnd): Promise<void> {
  const { lease } = end
  const { runner, clock } = lease.run.batch.deps
  const calls = hooksOf(runner, handler).flatMap(hooks => callOf(hooks, end) ?? [])
  if (calls.length === 0) return
  const waiting = new AbortController()
  const waitMs = Math.max(0, lease.deadline - clock.now()) + abortGraceMs
  await Promise.race([callAll(calls.toReversed(), end), clock.sleep(waitMs, waiting.signal)])
  waiting.abort('over')
}

type Call = () => void | Promise<void>

function callOf({ after, failed }: RunHooks, { run, outcome, result, thrown }: HookedEnd): Call | undefined {
  switch (outcome.kind) {
    case 'completed':
    case 'committed':
    case 'continued':
      return after === undefined ? undefined : () => after(run, result)
    case 'retry':
    case 'failed': {
      if (failed === undefined) return undefined
      const retry = outcome.kind === 'retry' ? { willRetry: true, retryInMs: outcome.delayMs } : lastTime
      return () => failed(run, { error: thrown ?? outcome.error, ...retry })
    }
    case 'snoozed':
    case 'suspended':
    case 'cancelled':
    case 'skipped':
    case 'expired':
    case 'orphaned':
    case 'lost':
      return undefined
  }
}

const lastTime = { willRetry: false, retryInMs: 0 } as const

async function callAll(calls: readonly Call[], { run }: HookedEnd): Promise<void> {
  for (const call of calls) {
    try {
      await call()
    } catch (error) {
      run.ctx.logger.error('hook_failed', { error: String(error) })
    }
  }
}

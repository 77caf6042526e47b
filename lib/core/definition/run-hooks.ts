/** What an application adds to every run: code around it, before it and after it. */
import type { JobContract } from './contract.ts'
import type { RunContext } from './run-context.ts'

/** A run, as middleware and hooks see it. */
export interface HookedRun {
  /** The schema's output. Undefined where the schema refused the input. */
  readonly input: unknown
  readonly ctx: RunContext
}

/**
 * Wraps every run of a worker: call `next` to go on, throw to fail the run, return without `next` to complete the job
 * without its handler.
 * @example const timed: Middleware = async ({ ctx }, next) => {
 *   const began = Date.now()
 *   try { return await next() } finally { ctx.logger.info('run_ended', { tookMs: Date.now() - began }) }
 * }
 */
export type Middleware = (run: HookedRun, next: () => Promise<unknown>) => Promise<unknown>

/** Halts a run before its handler is called: the job is COMPLETED. Only `halt(…)` makes it. */
export interface Halt {
  readonly '~halt': true
  readonly result: unknown
}

/**
 * For the hook `before`: the handler is not called, and the job is COMPLETED with this result.
 * @example before: ({ ctx }) => (isSwitchedOff(ctx.job.type) ? halt() : undefined)
 */
export const halt = (result?: unknown): Halt => ({ '~halt': true, result })

export const isHalt = (value: unknown): value is Halt => typeof value === 'object' && value !== null && '~halt' in value

/** How a run failed. */
export interface RunFailure {
  /** What was thrown. For a time that was up, and for a result that was refused, an error that says so. */
  readonly error: unknown
  /** Whether the job has another attempt. */
  readonly willRetry: boolean
  /** Milliseconds until then; 0 without another attempt. */
  readonly retryInMs: number
}

/**
 * Called with every run, each in the order given, `after` and `failed` in the reverse order. What `after` and `failed` throw
 * is logged, and changes nothing; they have until the run's deadline, and a second after it.
 * @example const hooks: RunHooks = { failed: ({ ctx }, { error, willRetry }) => { if (!willRetry) report(error, ctx.job) } }
 */
export interface RunHooks {
  /** Before middleware and handler. What it throws fails the run, as if the handler had; `ctx.snooze` works. */
  readonly before?: (run: HookedRun) => Halt | void | Promise<Halt | void>
  /** After the handler has returned or committed, and its result fits; before the outcome is written. */
  readonly after?: (run: HookedRun, result: unknown) => void | Promise<void>
  /**
   * After a run that failed, also one whose time was up; before the outcome is written. Not after a snooze, a cancel or a
   * crash: events tell of those.
   */
  readonly failed?: (run: HookedRun, failure: RunFailure) => void | Promise<void>
}

/** What surrounds the runs of a runner, or of one handler. */
export interface Surroundings {
  /** The first is the outermost. @default none */
  readonly middleware?: readonly Middleware[]
  /** @default none */
  readonly hooks?: readonly RunHooks[]
}

/** A handler bound to its contract. Bundled into workers only. */
export interface JobHandler<Contract extends JobContract = JobContract> {
  readonly contract: Contract
  readonly run: (input: never, ctx: RunContext) => unknown
  /** Inside of the runner's own. Absent: none. */
  readonly middleware?: readonly Middleware[]
  readonly hooks?: readonly RunHooks[]
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { chainHopMs } from '../core/values/times.ts'

/** Where in a chain of jobs the code at work stands: in each run of a job that the run of another enqueued. */
export interface Chain {
  /** Jobs that led to the one to be enqueued. */
  readonly depth: number
  /** Epoch milliseconds at which the run started. */
  readonly since: number
  /** What the job at work carries, as its item holds it; its jobs carry it on. */
  readonly context?: string | undefined
}

/** Ambient, because a handler reaches its client by any way. */
const chains = new AsyncLocalStorage<Chain>()

/**
 * How deep in its chain a job stands that is enqueued here: 0 outside of any run. A job that is due a minute or more
 * after the start of the run that enqueues it begins a new chain: only a chain that runs fast can run away.
 */
export function currentChainDepth(dueAt: number): number {
  const chain = chains.getStore()
  return chain === undefined || dueAt - chain.since >= chainHopMs ? 0 : chain.depth
}

/** The context of the job whose run enqueues here; undefined outside of any. */
export const currentContext = (): string | undefined => chains.getStore()?.context

export const inChain = <Result>(chain: Chain, work: () => Result): Result => chains.run(chain, work)

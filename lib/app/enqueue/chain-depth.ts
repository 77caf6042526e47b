import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * How deep in a chain of jobs the code at work stands: 0 outside of any job, and one more in each job that the run of
 * another enqueued. Ambient, because a handler reaches its client by any way.
 */
const depths = new AsyncLocalStorage<number>()

export const currentChainDepth = (): number => depths.getStore() ?? 0

export const atChainDepth = <Result>(depth: number, work: () => Result): Result => depths.run(depth, work)

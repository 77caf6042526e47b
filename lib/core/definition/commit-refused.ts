import { LamplighterError } from '../values/errors.ts'
import type { TransactItem } from './transact-item.ts'

/**
 * The condition of one of the handler's own items did not hold, so that nothing of the commit was written. The run still
 * holds the job: catch it and go on, or let it fail the attempt.
 *
 * @example
 * try {
 *   await ctx.commit([debit(from, amount), credit(to, amount)])
 * } catch (error) {
 *   if (error instanceof CommitRefused && error.index === 0) throw new FailForGood('not enough money', { cause: error })
 *   throw error
 * }
 */
export class CommitRefused extends LamplighterError {
  override readonly name = 'CommitRefused'
  readonly code = 'commit_refused'
  /** Place of the item in what was given to `ctx.commit`, from 0. Of several, the first. */
  readonly index: number
  readonly item: TransactItem
  /** What is stored in its place, in the form in which the item was given; undefined when there is nothing. */
  readonly stored: Readonly<Record<string, unknown>> | undefined
  constructor(index: number, item: TransactItem, stored: Readonly<Record<string, unknown>> | undefined) {
    const [verb = 'item'] = Object.keys(item)
    super(`the condition of items[${index}] (${verb}) did not hold; nothing was written`)
    this.index = index
    this.item = item
    this.stored = stored
  }
}

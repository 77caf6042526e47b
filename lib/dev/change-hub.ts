/** The latest changes of jobs, for those who follow them: every one, numbered, as long as they are not too far behind. */
import { flowOf } from '../core/history/flow.ts'
import type { ChangeKind } from '../core/lookup/change-feed.ts'
import { formatInstant } from '../core/values/instant.ts'
import type { StateChange } from './terminal/state-change.ts'

/** As `GET /v1/changes` shows one. */
export interface LocalChange {
  readonly at: string
  readonly queue: string
  readonly id: string
  readonly type: string
  readonly state: string
  readonly kind: ChangeKind
}

export interface Numbered {
  readonly number: number
  readonly change: LocalChange
}

/** One who was away for longer has missed something. */
const maxKept = 5_000

/** Changes are numbered from 1 on. */
export class ChangeHub {
  #kept: Numbered[] = []
  #last = 0
  readonly #listeners = new Set<() => void>()

  /** Of the newest change; 0 before the first. */
  get last(): number {
    return this.#last
  }

  push({ before, after }: StateChange, now: number): void {
    const [kind = 'moved'] = flowOf({ sequence: '0', at: now, ...(before === undefined ? {} : { before }), after })
    const { id, queue, type, state } = after
    this.#last += 1
    this.#kept.push({ number: this.#last, change: { at: formatInstant(now), queue, id, type, state, kind } })
    if (this.#kept.length > maxKept) this.#kept = this.#kept.slice(-maxKept / 2)
    for (const listener of this.#listeners) listener()
  }

  /** Those after a number, of one queue or of all. */
  after(number: number, queue?: string): readonly Numbered[] {
    return this.#kept.filter(one => one.number > number && (queue === undefined || one.change.queue === queue))
  }

  /** Whether anybody listens. */
  get isFollowed(): boolean {
    return this.#listeners.size > 0
  }

  /** @returns how to stop listening */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

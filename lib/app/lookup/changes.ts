/** What happens to jobs, followed from one answer to the next: a long poll over the samples of the last minutes. */

import { samplesFrom } from '../../core/history/samples.ts'
import {
  type ChangeKind,
  type FeedEntry,
  type FeedPlace,
  feedAfter,
  lateMs,
  placeFrom,
  placeText,
} from '../../core/lookup/change-feed.ts'
import { samplesKey } from '../../core/records/keys.ts'
import { integerIn, objectIn, refuseUnknownKeys } from '../../core/values/check-options.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkQueue, queuesKnown, readControl } from './lanes.ts'

export interface ChangeOptions {
  /** `next` of the answer before. @default from now on */
  readonly after?: string
  /** @default all queues */
  readonly queue?: string
  /** How long to wait for a change, in seconds: 0 to 20. @default 20 */
  readonly wait?: number
}

export interface ChangeView {
  readonly at: string
  readonly queue: string
  readonly id: string
  /** Both are known on a local stack only. */
  readonly type?: string
  readonly state?: string
  readonly kind: ChangeKind
}

export interface Changes {
  /** The earliest first; empty when nothing happened in the time of the wait. Up to 500. */
  readonly changes: readonly ChangeView[]
  /** For the next call. */
  readonly next: string
  /** True: at most 20 jobs of each outcome, queue and minute are among them, a few seconds late. False: every change is. */
  readonly isSampled: boolean
}

const minuteMs = 60_000
/** Each look costs half a read unit a queue and minute. */
const lookEveryMs = 2_000
export const maxWaitSeconds = 20

/**
 * Ends as soon as there is something, else after the wait. Costs up to 11 read units a queue in 20 seconds, and a function's
 * time: one poll after the other keeps one function busy.
 * @throws InvalidInput for an option out of its range, or an `after` that no answer gave; Unavailable
 */
export async function readChanges(deps: Deps, options: ChangeOptions = {}): Promise<Changes> {
  objectIn('changes', options)
  refuseUnknownKeys('changes', options, ['after', 'queue', 'wait'])
  const wait = integerIn('wait', options.wait ?? maxWaitSeconds, 0, maxWaitSeconds)
  const given = options.after === undefined ? undefined : placeFrom(options.after)
  const queues = await queuesAsked(deps, options.queue)
  const place = given ?? (await placeNow(deps, queues))
  const endAt = deps.clock.now() + wait * 1_000
  for (;;) {
    const { fresh, next } = feedAfter(await samplesSince(deps, queues, place.since), place)
    const left = endAt - deps.clock.now()
    if (fresh.length > 0 || left <= 0) return { changes: fresh.map(viewOf), next: placeText(next), isSampled: true }
    await deps.clock.sleep(Math.min(lookEveryMs, left))
  }
}

/** Who begins now does not want what was there before. */
async function placeNow(deps: Deps, queues: readonly string[]): Promise<FeedPlace> {
  const since = deps.clock.now() - lateMs
  const found = await samplesSince(deps, queues, since)
  return feedAfter(found, { since, shown: [] }).next
}

async function queuesAsked(deps: Deps, queue: string | undefined): Promise<readonly string[]> {
  const control = await readControl(deps)
  if (queue !== undefined) checkQueue(deps.runner, control, queue)
  return queue === undefined ? queuesKnown(deps.runner, control) : [queue]
}

/** A place that is older than this has missed what lies between: a feed is for those who follow it. */
const maxMinutes = 10

async function samplesSince(deps: Deps, queues: readonly string[], since: number): Promise<readonly FeedEntry[]> {
  const now = deps.clock.now()
  const first = Math.max(since, now - maxMinutes * minuteMs)
  const count = Math.floor(now / minuteMs) - Math.floor(first / minuteMs) + 1
  const keys = queues.flatMap(queue =>
    Array.from({ length: count }, (_, index) => ({ queue, key: samplesKey(queue, first + index * minuteMs) })),
  )
  const records = await deps.records.get(keys.map(({ key }) => key))
  return keys.flatMap(({ queue }, index) =>
    [...samplesFrom(records[index])].flatMap(([kind, some]) => some.map(({ id, at }) => ({ at, queue, id, kind }))),
  )
}

const viewOf = ({ at, ...change }: FeedEntry): ChangeView => ({ at: formatInstant(at), ...change })

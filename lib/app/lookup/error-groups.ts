/** Failures that are alike, counted by the recorder. */
import { errorGroupFrom } from '../../core/history/error-group.ts'
import { errorGroupKey, errorGroupPrefix } from '../../core/records/keys.ts'
import { objectIn, refuseUnknownKeys } from '../../core/values/check-options.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkQueue, queuesKnown, readControl } from './lanes.ts'
import { readParts } from './read-parts.ts'

export interface ErrorOptions {
  /** @default all queues */
  readonly queue?: string
  readonly type?: string
}

export interface ErrorGroupView {
  readonly queue: string
  readonly type: string
  /** What `client.list({ phase: 'failed', why })` takes. */
  readonly why: string
  readonly name: string
  /** Of the last failure. */
  readonly message: string
  /** Where it was thrown; known once a job is FAILED with it. */
  readonly frame?: string
  /** Runs that ended so. */
  readonly count: number
  /** Jobs that ended FAILED with it. */
  readonly jobsFailed: number
  readonly firstAt: string
  readonly lastAt: string
  /** Start of the hour → runs that ended so, of the last 48 hours in which it happened. */
  readonly hours: Readonly<Record<string, number>>
  /** Ids of the latest five jobs. */
  readonly jobs: readonly string[]
}

export interface ErrorGroups {
  /** The one that happened last comes first. */
  readonly groups: readonly ErrorGroupView[]
  /** False: a queue has more than 500 groups, and some are left out. */
  readonly isComplete: boolean
}

/** Of one queue. */
const maxGroups = 500

/**
 * Exact up to a few seconds ago; a group is forgotten 30 days after its last failure. Costs a read unit for some four groups.
 * @throws InvalidInput, Unavailable
 */
export async function listErrors(deps: Deps, options: ErrorOptions = {}): Promise<ErrorGroups> {
  objectIn('errors', options)
  refuseUnknownKeys('errors', options, ['queue', 'type'])
  const { queue, type } = options
  const control = await readControl(deps)
  if (queue !== undefined) checkQueue(deps.runner, control, queue)
  const queues = queue === undefined ? queuesKnown(deps.runner, control) : [queue]
  const all = await Promise.all(queues.map(name => groupsOf(deps, name, type)))
  return {
    groups: all.flatMap(({ groups }) => groups).toSorted((a, b) => (a.lastAt < b.lastAt ? 1 : -1)),
    isComplete: all.every(({ isComplete }) => isComplete),
  }
}

async function groupsOf(deps: Deps, queue: string, type: string | undefined): Promise<ErrorGroups> {
  const { id } = errorGroupKey(queue, '', '')
  const records = await readParts(deps, { id, prefix: errorGroupPrefix(type), most: maxGroups + 1 })
  const groups = records.slice(0, maxGroups).flatMap(record => {
    const group = errorGroupFrom(record)
    if (group === undefined) return []
    const { firstAt, lastAt, hours, ids, frame, ...rest } = group
    return [
      {
        queue,
        ...rest,
        ...(frame === undefined ? {} : { frame }),
        firstAt: formatInstant(firstAt),
        lastAt: formatInstant(lastAt),
        hours: Object.fromEntries([...hours].map(([at, count]) => [formatInstant(at), count])),
        jobs: ids,
      },
    ]
  })
  return { groups, isComplete: records.length <= maxGroups }
}

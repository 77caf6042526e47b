/**
 * The walk over the live lanes, page by page. The lanes stand in a line: a walker takes one page of the first, and puts
 * the rest back at the end. A deep lane therefore keeps nobody from the others (I15). A lane whose writes fail waits a
 * little and goes on with smaller pages, which is all the pacing that a hot index partition needs.
 */

import { laneOf, maxShards } from '../../core/job/lane.ts'
import type { Control } from '../../core/records/control.ts'
import { pauseOf } from '../../core/records/pause.ts'
import type { Deps } from '../../ports/deps.ts'
import type { TimelineRow } from '../../ports/job-store.ts'
import { raisedControl } from '../control.ts'

const lanesAtOnce = 8
const largestPage = 200
/** One batch of statements. */
const smallestPage = 25
const firstPauseMs = 500
const longestPauseMs = 8_000
/** Visits to one lane in a row that bring nothing, before what is left of it is left to the next walk. */
const maxFruitless = 5

export interface WalkOptions {
  /** Rows up to this instant, epoch milliseconds. */
  readonly until: number
  /** When to stop, epoch milliseconds. */
  readonly endAt: number
  /** Handles the rows of a page. */
  readonly visitPage: (rows: readonly TimelineRow[], lane: string) => Promise<Visited>
  /** Handles jobs again whose writes failed before. */
  readonly visitAgain: (ids: readonly string[]) => Promise<Visited>
}

/** Ids whose writes failed, but may succeed later. */
type Visited = readonly string[]

export interface WalkReport {
  /** Jobs whose writes failed to the last. */
  readonly leftOver: number
  /** Lanes that could not be read to their end. */
  readonly unread: number
  /** False while anything is left: time ran out, a write or a read failed. */
  readonly isComplete: boolean
  /** What the first read said that failed, where not a single page could be read. */
  readonly error: unknown
}

/** How far a lane has been walked. */
interface Walk {
  readonly lane: string
  readonly from: string | undefined
  /** Whether every row has been visited once. */
  readonly isRead: boolean
  /** Jobs whose writes failed so far. */
  readonly failedIds: readonly string[]
  /** Whether writes failed at the last visit. */
  readonly hasFailed: boolean
  readonly pageSize: number
  readonly pauseMs: number
  readonly resumeAt: number
  readonly fruitless: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Totals = Mutable<WalkReport> & { pages: number }

/** The control record, which knows every queue of this deployment. @throws Unavailable */
export function controlOf(deps: Pick<Deps, 'records' | 'runner'>): Promise<Control> {
  const inUse = Object.entries(deps.runner.queues).map(([queue, { shards }]) => [queue, shards] as const)
  return raisedControl(deps, Object.fromEntries(inUse))
}

/** Every shard ever used of every queue ever used: a job keeps the shard it was born with, and its queue may be gone. */
const lanesIn = ({ shards }: Control): readonly string[] =>
  [...shards].flatMap(([queue, count]) =>
    Array.from({ length: Math.min(count, maxShards) }, (_, shard) => laneOf(queue, 'live', shard)),
  )

/** As `lanesIn`, without the queues that are paused now: nothing is read of them, and nothing sent. */
export const workingLanesIn = (control: Control, now: number): readonly string[] =>
  lanesIn({
    ...control,
    shards: new Map([...control.shards].filter(([queue]) => pauseOf(control, queue, now) === undefined)),
  })

/** As `lanesIn`, of the control record as it is. @throws Unavailable */
export const liveLanes = async (deps: Pick<Deps, 'records' | 'runner'>): Promise<readonly string[]> =>
  lanesIn(await controlOf(deps))

/** Begins at a lane chosen by chance, so that two walks at once seldom meet, and a walk cut short cuts another one short. */
export async function walkLanes(deps: Deps, lanes: readonly string[], options: WalkOptions): Promise<WalkReport> {
  const total: Totals = { leftOver: 0, unread: 0, isComplete: true, error: undefined, pages: 0 }
  const first = Math.floor(deps.random.fraction() * lanes.length)
  const line = [...lanes.slice(first), ...lanes.slice(0, first)].map(startOf)
  const walker = async (): Promise<void> => {
    for (let walk = takeReady(line, deps.clock.now()); walk !== undefined; walk = takeReady(line, deps.clock.now())) {
      const pauseMs = Math.min(walk.resumeAt, options.endAt) - deps.clock.now()
      if (pauseMs > 0) await deps.clock.sleep(pauseMs)
      if (deps.clock.now() >= options.endAt) {
        line.push(walk)
        return
      }
      const rest = await step(deps, walk, options, total)
      if (rest !== undefined) line.push(rest)
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanesAtOnce, line.length) }, walker))
  const { pages, ...report } = total
  const leftOver = line.reduce((sum, { failedIds }) => sum + failedIds.length, total.leftOver)
  return {
    ...report,
    leftOver,
    isComplete: line.length === 0 && leftOver === 0 && total.unread === 0,
    error: pages > 0 ? undefined : total.error,
  }
}

const startOf = (lane: string): Walk => ({
  lane,
  from: undefined,
  isRead: false,
  failedIds: [],
  hasFailed: false,
  pageSize: largestPage,
  pauseMs: 0,
  resumeAt: 0,
  fruitless: 0,
})

/** The first lane in the line that need not wait; where all must, the one that need not wait for long. */
function takeReady(line: Walk[], now: number): Walk | undefined {
  let best = 0
  for (const [index, { resumeAt }] of line.entries()) {
    if (resumeAt <= now) return line.splice(index, 1)[0]
    if (resumeAt < (line[best]?.resumeAt ?? 0)) best = index
  }
  return line.splice(best, 1)[0]
}

/** @returns where to go on; undefined when the lane is done */
async function step(deps: Deps, walk: Walk, options: WalkOptions, total: Totals): Promise<Walk | undefined> {
  try {
    const next = walk.isRead ? await retryFailed(walk, options) : await nextPage(deps, walk, options)
    total.pages += 1
    if (next.isRead && next.failedIds.length === 0) return undefined
    if (next.fruitless < maxFruitless) return next.hasFailed ? slower(deps, next) : faster(next)
    total.leftOver += next.failedIds.length
  } catch (error) {
    deps.telemetry.emit({ name: 'store_failed', transition: 'walk', error: String(error) })
    total.error ??= error
    const fruitless = walk.fruitless + 1
    if (fruitless < maxFruitless) return slower(deps, { ...walk, fruitless })
    total.unread += 1
    total.leftOver += walk.failedIds.length
  }
  return undefined
}

async function nextPage(deps: Deps, walk: Walk, { until, visitPage }: WalkOptions): Promise<Walk> {
  const page = await deps.store.due(walk.lane, until, walk.pageSize, walk.from)
  const failed = page.rows.length === 0 ? [] : await visitPage(page.rows, walk.lane)
  const failedIds = [...walk.failedIds, ...failed]
  const isRead = page.next === undefined
  return { ...walk, from: page.next, isRead, failedIds, hasFailed: failed.length > 0, fruitless: 0 }
}

/** Jobs whose writes failed come again once the lane is read: one that always fails must not hold up the others (I15). */
async function retryFailed(walk: Walk, { visitAgain }: WalkOptions): Promise<Walk> {
  const ids = walk.failedIds.slice(0, walk.pageSize)
  const failed = await visitAgain(ids)
  const failedIds = [...walk.failedIds.slice(ids.length), ...failed]
  const fruitless = failed.length < ids.length ? 0 : walk.fruitless + 1
  return { ...walk, failedIds, hasFailed: failed.length > 0, fruitless }
}

function slower(deps: Deps, walk: Walk): Walk {
  const pauseMs = Math.min(longestPauseMs, walk.pauseMs === 0 ? firstPauseMs : walk.pauseMs * 2)
  const pageSize = Math.max(smallestPage, Math.floor(walk.pageSize / 2))
  return { ...walk, pauseMs, pageSize, resumeAt: deps.clock.now() + pauseMs }
}

const faster = (walk: Walk): Walk => ({ ...walk, pauseMs: 0, pageSize: Math.min(largestPage, walk.pageSize * 2) })

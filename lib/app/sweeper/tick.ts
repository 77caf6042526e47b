/**
 * The tick: steps in wherever a message was lost, late or not due yet.
 *
 * - every shard of every queue is walked page by page; nothing is filtered after a limit, so no row hides another
 * - an item that cannot be handled is set aside and blocks nothing behind it
 * - two sweepers at once are harmless: every write is guarded by what was read, one wins
 */

import type { Job } from '../../core/job/job.ts'
import { queueOfLane } from '../../core/job/lane.ts'
import type { Control } from '../../core/records/control.ts'
import { tickKey } from '../../core/records/keys.ts'
import { pausedWaitMs, resumedWithin } from '../../core/records/pause.ts'
import { noteTick } from '../../core/records/tick-record.ts'
import { Unavailable } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import { endPauses } from '../operate/queues.ts'
import { noteBus } from '../record/act-events.ts'
import { tickSchedules } from '../schedule/tick-schedules.ts'
import { type DueReport, handleDueJobs } from './handle-due.ts'
import { tickGates } from './tick-gates.ts'
import { tickMappings } from './tick-mappings.ts'
import { tickWindows } from './tick-windows.ts'
import { controlOf, walkLanes, workingLanesIn } from './walk.ts'

export interface TickReport {
  /** Rows that were due. */
  readonly looked: number
  /** Messages sent. */
  readonly dispatched: number
  readonly recovered: number
  /** Items that nobody can handle. */
  readonly setAside: number
  /** Due jobs whose write did not succeed; the next tick tries again. */
  readonly leftOver: number
  readonly oldestDueMs: number
  /** False when something is left to the next tick: time ran out, a lane could not be read, a write did not succeed. */
  readonly isComplete: boolean
}

/**
 * @param endAt when to stop and leave the rest to the next tick, epoch milliseconds
 * @throws Unavailable when not a single lane could be read
 */
export async function tick(deps: Deps, endAt: number): Promise<TickReport> {
  const total = { looked: 0, dispatched: 0, recovered: 0, setAside: 0, oldestDueMs: 0 }
  const control = await noteBus(deps, await controlOf(deps))
  const until = deps.clock.now()
  const count = ({ dispatched, recovered, setAside, failedIds }: DueReport): readonly string[] => {
    total.dispatched += dispatched
    total.recovered += recovered
    total.setAside += setAside
    return failedIds
  }
  const visitAgain = async (ids: readonly string[]): Promise<readonly string[]> => {
    const { jobs, unreadableIds } = await readJobs(deps, ids)
    for (const id of unreadableIds) {
      deps.telemetry.emit({ name: 'job_set_aside', id, error: 'no item that can be read as a job' })
      total.setAside += 1
    }
    const due = jobs.filter(job => !isOnItsWay(control, job, until))
    return count(await handleDueJobs(deps, due.toSorted(byPriority)))
  }
  // At the same time: a deep lane must not make schedules late, nor schedules the jobs.
  const schedules = tickSchedules(deps, control, endAt)
  await endPauses(deps, control.paused)
  await tickMappings(deps, control)
  const gates = tickGates(deps, control, endAt)
  const windows = tickWindows(deps, control, endAt)
  const { leftOver, isComplete, error } = await walkLanes(deps, workingLanesIn(control, until), {
    until,
    endAt,
    visitAgain,
    visitPage: async (rows, lane) => {
      // The rows of a page come in the order of their times. What was due in a pause is not late yet.
      const isCatchingUp = resumedWithin(control, queueOfLane(lane), until)
      if (!isCatchingUp) total.oldestDueMs = Math.max(total.oldestDueMs, until - (rows[0]?.lookAt ?? until))
      const failedIds = await visitAgain(rows.map(({ id }) => id))
      total.looked += rows.length
      return failedIds
    },
  })
  const fired = await schedules
  const areGatesWhole = await gates
  const areWindowsWhole = await windows
  const report = { ...total, leftOver, isComplete: isComplete && fired.isComplete && areGatesWhole && areWindowsWhole }
  deps.telemetry.emit({ name: 'tick', ...report })
  // Who asks how things are reads it. A tick that cannot write it has done its work all the same.
  await deps.records.update([{ key: tickKey, change: noteTick(report, deps.clock.now()) }])
  if (error !== undefined) throw new Unavailable('no lane could be read', error)
  return report
}

/** Its message waited out the pause of its queue, and comes within this time: another one would only be a second one. */
const comesAfterPauseMs = pausedWaitMs + 30_000

const isOnItsWay = (control: Control, { queue, state, dispatches = 0 }: Job, now: number): boolean =>
  dispatches > 0 && state !== 'IN_PROGRESS' && resumedWithin(control, queue, now, comesAfterPauseMs)

/** A row without a readable item: deleted a moment ago, or damaged. */
async function readJobs(deps: Deps, ids: readonly string[]) {
  const items = await deps.store.get(ids, 'control')
  return {
    jobs: items.filter((job): job is Job => job !== undefined),
    unreadableIds: ids.filter((_, index) => items[index] === undefined),
  }
}

/** By priority, then by due time: the order in which messages go out. */
const byPriority = (a: Job, b: Job): number => (a.priority ?? 0) - (b.priority ?? 0) || a.scheduledAt - b.scheduledAt

/** `ctx.all`: a run makes a group of jobs, and later runs look whether all of them have ended. */

import type { JobRequest } from '../../core/definition/job-request.ts'
import { StepMisused } from '../../core/definition/workflow.ts'
import type { GroupName } from '../../core/job/parent.ts'
import type { Cell, CellKind } from '../../core/records/cell.ts'
import { groupFrom, keyOfChunk, keyOfGroup, nextLook, pendingIn } from '../../core/records/group.ts'
import { chunksOf } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Prepared } from '../enqueue/prepare.ts'
import { followUp } from '../worker/follow-ups.ts'
import type { RunLease } from '../worker/run-lease.ts'
import { joinedContent } from './child-outcomes.ts'
import {
  atPlace,
  endedMembers,
  groupOf,
  isForEver,
  missingMembers,
  placeWave,
  preparedMembers,
  putGroup,
  waveSize,
} from './members.ts'
import type { CellContent, Rest } from './rests.ts'
import { closeChunks, settleGroup } from './settle-group.ts'

/** What a run asks of its group. */
export interface Asked {
  readonly name: string
  readonly jobs: readonly JobRequest[]
  readonly isBound: boolean
}

interface Children extends Asked {
  /** Until when the job may go on: its children are kept as long. */
  readonly endBy: number
}

/** What the steps of a run do for a group. */
interface GroupTools extends Asked {
  readonly lease: RunLease
  /** That all of its jobs are there, as an earlier run has left it. */
  readonly begun: Cell | undefined
  /** Until when the job may go on. */
  readonly endBy: number
  put(kind: CellKind, content: CellContent): Promise<Cell>
  rest(rest: Rest): Promise<never>
  /** Where the table does not answer, the run ends at no cost. */
  answered<T>(work: () => Promise<T>): Promise<T>
  /** The run has left something from which a later one goes on. */
  progressed(): void
}

/** @returns what the jobs of a group have left; rests until all of them have ended */
export async function joinedCell(tools: GroupTools): Promise<Cell> {
  const { lease, begun, endBy, name, jobs } = tools
  const { deps } = lease.run.batch
  const group = groupOf(lease, name)
  const { of = jobs.length, madeAt } = begun ?? (await begunNow(tools))
  // The first run does not look: what has ended by now wakes the job.
  const haveEnded = begun !== undefined && (await tools.answered(() => haveChildrenEnded(deps, group, of)))
  if (haveEnded) {
    const content = await tools.answered(() => joinedContent(deps, group, of))
    return tools.put('joined', { of, ...content })
  }
  const now = deps.clock.now()
  return tools.rest({ dueAt: Math.min(nextLook(madeAt, now), Math.max(endBy, now)), isWaiting: true })
}

async function begunNow(tools: GroupTools): Promise<Cell> {
  const { lease, jobs } = tools
  const { signal, run } = lease
  if (signal.aborted) throw signal.reason
  const begun = await tools.answered(() => beginChildren(lease, tools))
  if (begun === 'placed') return tools.put('children', { of: jobs.length })
  // A later run finds those that are placed.
  tools.progressed()
  return tools.rest({ dueAt: run.batch.deps.clock.now(), isWaiting: false })
}

/** `later`: the time of the run is too short for the rest of them. */
type Begun = 'placed' | 'later'

/**
 * Makes the group, and places its jobs: those that an earlier run has not placed.
 * @throws StepMisused for a request that can never be placed: nothing was written, unless the table refused it
 * @throws Unavailable
 */
async function beginChildren(lease: RunLease, asked: Children): Promise<Begun> {
  const { deps } = lease.run.batch
  const { name, jobs, isBound } = asked
  const group = groupOf(lease, name)
  const prepared = await misusing(name, () => preparedOf(lease, group, asked))
  const made = { of: jobs.length, madeAt: deps.clock.now(), isBound, keepMs: lease.run.start.policy.keepFailedMs }
  const placed = await putGroup(deps, group, made)
  if (placed.group.of !== jobs.length) {
    throw new StepMisused(name, `it has ${jobs.length} jobs here, and had ${placed.group.of} when the job began it`)
  }
  const wanted = placed.isOld ? await missingMembers(deps, group, prepared) : prepared
  return placeAll(lease, name, wanted)
}

async function preparedOf(
  lease: RunLease,
  group: GroupName,
  { jobs, isBound, endBy }: Children,
): Promise<readonly Prepared[]> {
  const requests = jobs.map((job, index) => {
    try {
      return followUp(lease, job)
    } catch (error) {
      throw atPlace(`jobs[${index}]`, error)
    }
  })
  return preparedMembers(lease.run.batch.deps, requests, { group, isBound, endBy })
}

/** What is wrong with a request would be wrong in each run. */
async function misusing<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (isForEver(cause)) throw new StepMisused(name, cause.message)
    throw cause
  }
}

async function placeAll(lease: RunLease, name: string, wanted: readonly Prepared[]): Promise<Begun> {
  const { deps } = lease.run.batch
  let longestMs = 0
  for (const wave of chunksOf(wanted, waveSize)) {
    const from = deps.clock.now()
    if (lease.signal.aborted) throw lease.signal.reason
    // Another wave may take twice as long.
    if (from + 2 * longestMs >= lease.deadline) return 'later'
    const error = await placeWave(deps, wave)
    if (error !== undefined) await misusing(name, () => Promise.reject(error))
    longestMs = Math.max(longestMs, deps.clock.now() - from)
  }
  return 'placed'
}

/**
 * Whether all jobs of the group have ended. Whoever sees one end takes it out of the group's sets; what is left there the run
 * looks at itself, so that nothing hangs on the recorder.
 * @throws Unavailable, or the Error of a write
 */
export async function haveChildrenEnded(deps: Deps, group: GroupName, of: number): Promise<boolean> {
  const { records } = deps
  const [stored] = await records.get([keyOfGroup(group)])
  const root = groupFrom(stored)
  // Somebody has deleted the records: the jobs themselves are what is left.
  if (root === undefined) return (await endedMembers(deps, group, [...Array(of).keys()])).length === of
  if (root.open.length === 0) return true
  const chunks = await records.get(root.open.map(chunk => keyOfChunk(group, chunk)))
  const emptied = root.open.filter((_, index) => pendingIn(chunks[index]).length === 0)
  if (emptied.length > 0 && (await closeChunks(records, group, emptied))) return true
  const ended = await endedMembers(
    deps,
    group,
    chunks.flatMap(chunk => pendingIn(chunk)),
  )
  return ended.length > 0 && settleGroup(records, group, ended)
}

import { windowOf } from '../../core/definition/runner.ts'
import { generationOf, isTerminal, type Job, lifeOf } from '../../core/job/job.ts'
import { batchOf } from '../../core/job/parent.ts'
import { type ExplainFacts, explain, type Reason } from '../../core/lookup/explain.ts'
import { isWait } from '../../core/records/cell.ts'
import { pauseOf } from '../../core/records/pause.ts'
import { isBeyondWindow } from '../../core/transitions/window.ts'
import type { Deps } from '../../ports/deps.ts'
import { isParked } from '../gates/line.ts'
import { ticketKeyOf } from '../gates/window-line.ts'
import { checkId } from '../operate/operate.ts'
import { groupsOf } from './children.ts'
import { cellsOfJob } from './job-steps.ts'
import { readControl } from './lanes.ts'
import { aheadOf, lineAt } from './line-at.ts'
import { lineBefore } from './position.ts'
import { mappingOf } from './queue-mapping.ts'

export interface Explanation {
  readonly id: string
  readonly state: Job['state']
  /** Every reason that holds; the first is the answer. */
  readonly reasons: readonly [Reason, ...Reason[]]
}

/**
 * Why a job is not running: until when, and what to do. Costs about 8 read units.
 * @returns undefined when there is no such job
 * @throws InvalidInput, Unavailable
 */
export async function explainJob(deps: Deps, id: string): Promise<Explanation | undefined> {
  checkId(id)
  const [job] = await deps.store.get([id], 'control')
  if (job === undefined) return undefined
  const facts = isTerminal(job.state) || job.state === 'IN_PROGRESS' ? known(deps, job) : await factsOf(deps, job)
  return { id, state: job.state, reasons: explain(job, facts, deps.clock.now()) }
}

const known = ({ runner }: Deps, { type, queue }: Job): ExplainFacts => ({
  isTypeKnown: Object.hasOwn(runner.jobs, type),
  isQueueKnown: Object.hasOwn(runner.queues, queue),
})

async function factsOf(deps: Deps, job: Job): Promise<ExplainFacts> {
  const [control, queued, hasRow, mapping, line, room, waits] = await Promise.all([
    readControl(deps),
    lineBefore(deps, job),
    isInIndex(deps, job),
    mappingOf(deps, job.queue),
    isParked(job) ? lineAt(deps, job) : undefined,
    isBeyondWindow(job) ? aheadOf(deps, ticketKeyOf(job)) : undefined,
    job.state === 'WAITING' ? waitsOf(deps, job) : undefined,
  ])
  const window = windowOf(deps.runner, job.queue)
  const pause = pauseOf(control, job.queue, deps.clock.now())
  return {
    ...known(deps, job),
    ...(pause === undefined ? {} : { pause }),
    ...(mapping === undefined ? {} : { mapping: mapping.state }),
    ...(line === undefined ? {} : { line }),
    ...(room === undefined ? {} : { room: { ...room, ...(window === undefined ? {} : { window }) } }),
    ...waits,
    ahead: queued.ahead,
    ...(queued.startsPerMinute === undefined ? {} : { startsPerMinute: queued.startsPerMinute }),
    hasRow,
  }
}

/** The waits whose signal has not come, and the groups of which somebody is left. */
async function waitsOf(deps: Deps, job: Job): Promise<Pick<ExplainFacts, 'waits' | 'children'>> {
  const cells = await cellsOfJob(deps, job)
  const came = new Set(cells.flatMap(({ kind, name }) => (kind === 'signal' || kind === 'joined' ? [name] : [])))
  const open = cells.filter(({ kind, name }) => isWait(kind) && !came.has(name))
  const waits = open.flatMap(({ kind, name, dueAt = 0 }) => (kind === 'wait' ? [{ signal: name, until: dueAt }] : []))
  const names = new Set(open.flatMap(({ kind, name }) => (kind === 'children' ? [name] : [])))
  const own = names.size === 0 ? [] : await groupsOf(deps, { ...lifeOf(job), generation: generationOf(job) })
  const batch = job.batch === undefined ? [] : await groupsOf(deps, batchOf(job.id))
  return { waits, children: [...own.filter(({ name }) => names.has(name)), ...batch.filter(({ left }) => left > 0)] }
}

/** Rows of one instant in one lane: more than 100 are not looked through. */
const maxSameInstant = 100

async function isInIndex({ store }: Deps, { id, lane, lookAt }: Job): Promise<boolean> {
  if (lane === undefined || lookAt === undefined) return false
  const { rows, next } = await store.lane({ lane, since: lookAt, until: lookAt, limit: maxSameInstant })
  return next !== undefined || rows.some(row => row.id === id)
}

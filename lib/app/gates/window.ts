/**
 * Back-pressure for queues with a window: a producer sends as long as the queue has room, and lets the rest wait in line. A
 * worker that has finished jobs hands out as many. Loaded with the first job of such a queue.
 *
 * What a producer knows of a queue holds five seconds. A window that is exceeded in that time does no harm.
 */
import type { EnqueueOutcome } from '../../core/definition/job-request.ts'
import { windowOf } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { behindSince } from '../../core/records/behind.ts'
import { controlKey, queueKey } from '../../core/records/keys.ts'
import { pauseOf, pausesFrom } from '../../core/records/pause.ts'
import { inTable } from '../../core/transitions/enqueue.ts'
import { type BeyondWindow, beyondWindow, isBeyondWindow } from '../../core/transitions/window.ts'
import { groupBy } from '../../core/values/lists.ts'
import { leadMs, tickMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import type { RecordStore } from '../../ports/record-store.ts'
import type { EnqueueRequest, Prepared } from '../enqueue/prepare.ts'
import { pullUnsent } from '../send.ts'
import { catchUp, fallBehind, fill, isShallow, readBehind, takeTickets } from './window-line.ts'

const holdsMs = 5_000

/** What a producer knows of a queue. */
interface Known {
  readonly at: number
  readonly isPaused: boolean
  isBehind: boolean
  /** Messages that may still go out. */
  room: number
  /** Visible messages as they were counted, and those that went out since; undefined where nobody could count them. */
  visible: number | undefined
}

/** Once jobs are in line, a count that is older is asked for again: workers may have emptied the queue meanwhile. */
const askedAgainMs = 1_000
/** For so many jobs it is always asked for again. */
const severalJobs = 10

/** By the store that answered, which lives as long as the process does. Promises: several slices ask at once. */
const answers = new WeakMap<RecordStore, Map<string, Promise<Known>>>()

async function knownOf(deps: Deps, queue: string, window: number, maxAgeMs = holdsMs): Promise<Known> {
  const queues = answers.get(deps.records) ?? new Map<string, Promise<Known>>()
  answers.set(deps.records, queues)
  const last = queues.get(queue)
  const known = await last
  if (known !== undefined && deps.clock.now() - known.at < maxAgeMs) return known
  // Another call may have asked meanwhile.
  const newest = queues.get(queue)
  if (newest !== undefined && newest !== last) return newest
  const asked = ask(deps, queue, window)
  queues.set(queue, asked)
  return asked
}

/** Never rejects: a job must not be refused because nobody knows how deep its queue is. */
async function ask(deps: Deps, queue: string, window: number): Promise<Known> {
  const at = deps.clock.now()
  const [records, depth] = await Promise.all([
    deps.records.get([queueKey(queue), controlKey]).catch(() => []),
    deps.queue.depth(queue).catch(() => undefined),
  ])
  const [own, control] = records
  const visible = depth?.visible
  return {
    at,
    isPaused: pauseOf(pausesFrom(control), queue, at) !== undefined,
    isBehind: behindSince(own) !== undefined,
    room: visible === undefined ? Number.POSITIVE_INFINITY : Math.max(0, window - visible),
    visible,
  }
}

/** Below that, nobody might look at a job in the table before it is due. */
const shortestInTableMs = leadMs + 2 * tickMs

/**
 * Jobs that are due now, as far as their queue has room, the urgent first; the others as they wait in line. Jobs that come
 * later wait in the table, unless they come so soon that nobody would look at them there. Those of queues without a window
 * stay as they are.
 */
export async function withinWindow(
  deps: Deps,
  all: readonly (Prepared | EnqueueOutcome)[],
): Promise<readonly (Prepared | EnqueueOutcome)[]> {
  const due = all.filter((one): one is Prepared => 'job' in one && one.send?.delayMs === 0)
  const waiting = new Map<Prepared | EnqueueOutcome, Prepared>()
  for (const one of all) {
    if (!('job' in one) || one.send === undefined || one.send.delayMs <= shortestInTableMs) continue
    if (windowOf(deps.runner, one.job.queue) === undefined) continue
    waiting.set(one, { ...one, job: inTable(one.job), send: undefined })
  }
  const beyond = await withoutRoom(
    deps,
    due.map(({ job }) => job),
  )
  for (const one of due) {
    if (!beyond.has(one.job)) continue
    waiting.set(one, { ...one, job: beyondWindow(one.job, deps.clock.now()), send: undefined })
  }
  return waiting.size === 0 ? all : all.map(one => waiting.get(one) ?? one)
}

/**
 * Takes the room that the queues of these jobs have, for the urgent first.
 * @returns those for which there is none: they are to join the line
 */
export async function withoutRoom(deps: Deps, jobs: readonly Job[]): Promise<ReadonlySet<Job>> {
  const beyond = new Set<Job>()
  for (const [queue, group] of groupBy(jobs, job => job.queue)) {
    const window = windowOf(deps.runner, queue)
    if (window === undefined) continue
    const known = await knownOf(deps, queue, window)
    const room = known.isBehind ? 0 : Math.min(known.room, group.length)
    known.room -= room
    if (known.visible !== undefined) known.visible += room
    const rest = group.toSorted((a, b) => (a.priority ?? 0) - (b.priority ?? 0)).slice(room)
    for (const job of rest) beyond.add(job)
    if (rest.length > 0 && !known.isBehind) known.isBehind = await fallBehind(deps, queue)
  }
  return beyond
}

/** Tickets for those that were put and have no room; one whose ticket could not be written is looked at by the next tick. */
export async function queueUpAll(deps: Deps, placed: Iterable<readonly [Prepared, EnqueueOutcome]>): Promise<void> {
  const jobs = [...placed].flatMap(([{ job }, outcome]) =>
    isBeyondWindow(job) && outcome.kind === 'enqueued' && outcome.created ? [job] : [],
  )
  await queueUpJobs(deps, jobs)
}

/** The same for jobs that are in line already, as they are stored. */
export async function queueUpJobs(deps: Deps, jobs: readonly BeyondWindow[]): Promise<void> {
  if (jobs.length === 0) return
  await pullUnsent(deps, await takeTickets(deps, jobs))
  const maxAgeMs = jobs.length < severalJobs ? askedAgainMs : 0
  for (const queue of new Set(jobs.map(job => job.queue))) await tend(deps, queue, maxAgeMs)
}

/** After a pause: what producers know of the queue is forgotten, and it is filled. Best effort, the tick does the same. */
export async function fillAfterPause(deps: Deps, queue: string): Promise<void> {
  answers.get(deps.records)?.delete(queue)
  await tend(deps, queue, 0)
}

/**
 * Somebody may have lowered the flag meanwhile, and no worker may be left that finishes a job: whoever has joined the line
 * sees to it that it moves. Best effort, the tick does the same.
 */
async function tend(deps: Deps, queue: string, maxAgeMs: number): Promise<void> {
  const window = windowOf(deps.runner, queue)
  if (window === undefined) return
  try {
    const known = await knownOf(deps, queue, window, maxAgeMs)
    const since = await readBehind(deps, queue)
    if (since === undefined) await fallBehind(deps, queue)
    known.isBehind = true
    if (known.isPaused || known.visible === undefined || !isShallow(known.visible, window)) return
    const places = window - known.visible
    // Taken before the answer comes: other calls of this process must not fill the same places.
    known.visible += places
    const { handedOut, isEmpty } = await fill(deps, queue, places)
    known.visible -= places - handedOut
    if (!isEmpty || since === undefined || !isShallow(known.visible, window)) return
    await catchUp(deps, queue, since)
    known.isBehind = false
    known.room = window - known.visible
  } catch (error) {
    deps.telemetry.emit({ name: 'store_failed', transition: 'window', error: String(error) })
  }
}

/** Beyond so many windows a worker hands out nothing: producers that did not know yet have sent too much. */
const mostWindows = 2

/**
 * At the end of an invocation: as many jobs of the line go out as the worker has finished. Never rejects.
 * @param finished messages that do not come back
 */
export async function handOn(deps: Deps, queue: string, finished: number): Promise<void> {
  const window = windowOf(deps.runner, queue)
  if (window === undefined || finished === 0) return
  try {
    const since = await readBehind(deps, queue)
    if (since === undefined) return
    const depth = await deps.queue.depth(queue).catch(() => undefined)
    if (depth !== undefined && depth.visible > window * mostWindows) return
    const { handedOut, isEmpty } = await fill(deps, queue, placesFor(finished, depth?.visible, window))
    if (isEmpty && depth !== undefined && isShallow(depth.visible + handedOut, window)) {
      await catchUp(deps, queue, since)
    }
  } catch (error) {
    deps.telemetry.emit({ name: 'store_failed', transition: 'window', error: String(error) })
  }
}

/** A queue that is shallow all the same is filled faster: counts are late, so not at once. */
const mostForOne = 4
const placesFor = (finished: number, visible: number | undefined, window: number): number =>
  visible === undefined || !isShallow(visible + finished, window)
    ? finished
    : Math.max(finished, Math.min(window - visible, finished * mostForOne))

/** The urgent first, otherwise in their order; for requests that nobody has checked yet. @returns their places */
export const placesByPriority = (requests: readonly EnqueueRequest[]): readonly number[] => {
  const priorities = requests.map(priorityOf)
  return requests.map((_, index) => index).toSorted((a, b) => (priorities[a] ?? 0) - (priorities[b] ?? 0))
}

function priorityOf(request: EnqueueRequest): number {
  try {
    const { priority } = request
    return Number.isFinite(priority) ? Number(priority) : 0
  } catch {
    // What throws when it is read is refused later, by itself.
    return 0
  }
}

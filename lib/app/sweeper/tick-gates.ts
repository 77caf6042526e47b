/**
 * Gates that somebody waits at: each tick repairs what a crash left behind.
 *
 * - a permit goes whose run is over, and whose lease is; that of a run at work stays, whatever its lease says
 * - a promise whose job was not handed out is rolled forward
 * - free places go to the jobs in line; a gate without a line is left alone until the next job is parked
 */
import { hasLimits } from '../../core/definition/limit.ts'
import { isTerminal, type Job } from '../../core/job/job.ts'
import { type Control, noteGates } from '../../core/records/control.ts'
import {
  freeIfSeen,
  type Gate,
  gateFrom,
  leaveIfSeen,
  type Permit,
  promisedFence,
  watchIfIdle,
} from '../../core/records/gate.ts'
import { controlKey, gateKey, gateLane, gateOfId, gateShards } from '../../core/records/keys.ts'
import { pauseOf } from '../../core/records/pause.ts'
import { mapBounded } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import { isParked, ticketsOf } from '../gates/line.ts'
import { changed } from '../gates/places.ts'
import { handOut, pump } from '../gates/pump.ts'

const lanesAtOnce = 8
const pageSize = 100

/** Never rejects. @returns whether every gate was looked through; what was not comes with the next tick */
export async function tickGates(deps: Deps, control: Control, endAt: number): Promise<boolean> {
  try {
    return await walkAll(deps, control, endAt)
  } catch (error) {
    deps.telemetry.emit({ name: 'store_failed', transition: 'tickGates', error: String(error) })
    return false
  }
}

async function walkAll(deps: Deps, control: Control, endAt: number): Promise<boolean> {
  const now = deps.clock.now()
  const known = new Set(control.gates)
  const fresh = Object.keys(deps.runner.queues).filter(queue => hasLimits(deps.runner, queue) && !known.has(queue))
  // Kept on record: a limit that is taken out of the code leaves jobs in line. One at a time: the first makes the map.
  const [first] = fresh
  if (first !== undefined) await changed(deps, controlKey, noteGates(control, first))
  const lanes = [...known, ...fresh]
    .filter(queue => pauseOf(control, queue, now) === undefined)
    .flatMap(queue => Array.from({ length: gateShards }, (_, shard) => ({ queue, lane: gateLane(queue, shard) })))
  const walked = await mapBounded(lanes, lanesAtOnce, one => walkGates(deps, one, { until: now, endAt }))
  return walked.every(isWhole => isWhole)
}

interface Walk {
  readonly queue: string
  readonly lane: string
}

async function walkGates(
  deps: Deps,
  { queue, lane }: Walk,
  { until, endAt }: { readonly until: number; readonly endAt: number },
): Promise<boolean> {
  let from: string | undefined
  let isWhole = true
  do {
    const page = await deps.records.due(lane, until, pageSize, from)
    for (const { id } of page.rows) {
      if (deps.clock.now() >= endAt) return false
      const gate = gateOfId(id)
      if (gate !== undefined && !(await repairedOrReported(deps, queue, gate))) isWhole = false
    }
    from = page.next
  } while (from !== undefined)
  return isWhole
}

/** One gate that cannot be looked through must not stop the others. */
async function repairedOrReported(deps: Deps, queue: string, gate: string): Promise<boolean> {
  try {
    await repair(deps, queue, gate)
    return true
  } catch (error) {
    deps.telemetry.emit({ name: 'gate_failed', gate, error: String(error) })
    return false
  }
}

async function repair(deps: Deps, queue: string, gate: string): Promise<void> {
  const [record] = await deps.records.get([gateKey(gate)])
  const { held } = gateFrom(record)
  const ids = [...held.keys()]
  const jobs = ids.length === 0 ? [] : await deps.store.get(ids, 'control')
  let [freed, handedOut] = [0, 0]
  for (const [index, id] of ids.entries()) {
    const [job, permit] = [jobs[index], held.get(id)]
    if (permit === undefined) continue
    if (promisedFence(permit) !== undefined && job !== undefined && isParked(job) && job.gate === gate) {
      if ((await handOut(deps, job)) === 'handedOut') handedOut += 1
    } else if (isLeftBehind(job, permit, deps.clock.now())) {
      const { kind } = await changed(deps, gateKey(gate), freeIfSeen(id, permit))
      if (kind === 'applied') freed += 1
    }
  }
  handedOut += await pump(deps, gate)
  if (freed + handedOut > 0) deps.telemetry.emit({ name: 'gate_repaired', gate, freed, handedOut })
  await leaveIfIdle(deps, queue, gate)
}

function isLeftBehind(job: Job | undefined, permit: Permit, now: number): boolean {
  const isOver = permit.until < now
  if (promisedFence(permit) !== undefined) {
    // RESERVED: its message is under way, or another will be.
    if (job === undefined) return isOver
    return isTerminal(job.state) || job.state === 'RETRY' || (isOver && job.state !== 'RESERVED')
  }
  // A lease that is over is the business of T7 and T14, which count the crash: the job keeps its place until then.
  if (job?.state === 'IN_PROGRESS' && job.owner === permit.by) return false
  return isOver || job === undefined || job.lastOwner === permit.by
}

/**
 * The row goes before the line is looked at for the last time: a job that joins it from then on finds the row gone, and
 * writes it anew.
 */
async function leaveIfIdle(deps: Deps, queue: string, gate: string): Promise<void> {
  const isIdle = async (): Promise<boolean> => (await ticketsOf(deps, gate, 1)).length === 0
  const [record] = await deps.records.get([gateKey(gate)])
  const found: Gate = gateFrom(record)
  const isPromising = [...found.held.values()].some(permit => promisedFence(permit) !== undefined)
  if (found.lookAt === undefined || isPromising || !(await isIdle())) return
  await changed(deps, gateKey(gate), leaveIfSeen(found.lookAt))
  if (!(await isIdle())) await changed(deps, gateKey(gate), watchIfIdle(queue, gate, deps.clock.now()))
}
